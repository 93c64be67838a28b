import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import {
  ENGINE_PATHS,
  HEADERS,
  invalidRequest,
  isTier,
  parseChatCompletionRequest,
  type Tier,
} from '@local-llm-agent/contracts';
import type { CatalogIndex, Settings } from '@local-llm-agent/config';
import { TokenRoute, contextOf, readBody } from '@local-llm-agent/http';
import { CATALOG_TOKEN, SETTINGS_TOKEN } from '../engine.tokens.js';
import { ChatService } from './chat.service.js';

/** The internal chat route: OpenAI's body, our headers. */
@Controller()
export class ChatController {
  constructor(
    private readonly chat: ChatService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
  ) {}

  /** Answers one chat, plain or streamed. */
  @TokenRoute(ENGINE_PATHS.chatCompletions)
  async create(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const bytes = await readBody(req, {
      mostBytes: this.settings.MAX_BODY_BYTES,
      mostSeconds: this.settings.BODY_TIMEOUT_SECONDS,
    });
    const request = parseChatCompletionRequest(bytes);
    const tier = this.tierOf(req, request.model);
    contextOf(res).tier = tier;
    await this.chat.answer({ request, tier, timeoutMs: this.timeoutOf(req, tier) }, res);
  }

  private tierOf(req: IncomingMessage, model: string): Tier {
    const header = req.headers[HEADERS.tier];
    if (header === undefined) return this.catalog.tierOf(model, 0);
    if (typeof header === 'string' && isTier(header)) return header;
    throw invalidRequest('X-Tier must be small or main.', { param: 'X-Tier' });
  }

  private timeoutOf(req: IncomingMessage, tier: Tier): number {
    const most = this.catalog.catalog.tiers[tier].timeoutSeconds * 1000;
    const given = Number(req.headers[HEADERS.timeout] ?? most);
    return given > 0 ? Math.min(given, most) : most;
  }
}
