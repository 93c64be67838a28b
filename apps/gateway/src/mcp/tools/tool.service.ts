import { Inject, Injectable } from '@nestjs/common';
import type { CatalogIndex } from '@local-llm-agent/config';
import { notFound } from '@local-llm-agent/contracts';
import { contextOf } from '@local-llm-agent/http';
import { CATALOG_TOKEN } from '../../gateway.tokens.js';
import { EngineControlClient } from '../../inference/engine-control.client.js';
import type { Exchange } from '../../inference/inference.service.js';
import { InquiryService } from '../../inference/inquiry.service.js';
import { CHAT_TOOL } from './chat.tool.js';
import { CLASSIFY_TOOL } from './classify.tool.js';
import { EXTRACT_TOOL } from './extract.tool.js';
import { REWRITE_TOOL } from './rewrite.tool.js';
import { SUMMARIZE_TOOL } from './summarize.tool.js';
import type { Report, Tool, ToolResult } from './tool.types.js';

const TOOLS: readonly Tool[] = [CLASSIFY_TOOL, EXTRACT_TOOL, SUMMARIZE_TOOL, REWRITE_TOOL, CHAT_TOOL];

/** Names of all tools. */
export const TOOL_NAMES = TOOLS.map((tool) => tool.name);

/** Who calls a tool. */
export interface Caller {
  readonly exchange: Exchange;
  /** Stops the call; the client that leaves does so, too. */
  readonly signal: AbortSignal;
  readonly report: Report;
}

/** The tools, whichever way they are called. */
@Injectable()
export class ToolService {
  readonly tools = TOOLS;

  constructor(
    private readonly inquiries: InquiryService,
    private readonly engine: EngineControlClient,
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
  ) {}

  /** The tool of this name. Throws a 404 that lists those there are. */
  find(name: string): Tool {
    const tool = TOOLS.find((candidate) => candidate.name === name);
    if (tool) return tool;
    throw notFound(`There is no tool '${name.slice(0, 64)}'. There are ${TOOL_NAMES.join(', ')}.`);
  }

  /** Calls a tool. Throws an ApiError: a 400 for bad arguments, or whatever kept the model from answering. */
  call(tool: Tool, values: unknown, { exchange, signal, report }: Caller): Promise<ToolResult> {
    const call = tool.prepare(values);
    return this.inquiries.run({ wish: call.wish, exchange, signal }, (ask) =>
      call.run({ ask, report, contextLength: (model) => this.contextLength(model, exchange) }),
    );
  }

  /** Tokens of context of the model behind the name; the shortest there is for a name that the engine does not list. */
  private async contextLength(name: string, { res }: Exchange): Promise<number> {
    const { id, tier } = contextOf(res);
    const virtual = this.catalog.isVirtual(name) && tier !== undefined;
    const asked = virtual ? (this.catalog.catalog.tiers[tier].defaultModel ?? name) : name;
    const models = await this.engine.models(id);
    const found = models.find((model) => model.id === asked || `${model.id}:latest` === asked);
    return found?.contextLength ?? Math.min(DEFAULT_CONTEXT, ...models.map((model) => model.contextLength));
  }
}

/** For a model that is not listed; the question itself will be refused then. */
const DEFAULT_CONTEXT = 4096;
