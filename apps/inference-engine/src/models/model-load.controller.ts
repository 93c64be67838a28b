import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import { ENGINE_PATHS, parseOllamaModelName, type ModelResidence } from '@local-llm-agent/contracts';
import type { CatalogIndex, Settings } from '@local-llm-agent/config';
import { TokenRoute, contextOf, readBody } from '@local-llm-agent/http';
import { CATALOG_TOKEN, SETTINGS_TOKEN } from '../engine.tokens.js';
import { parseRequestTerms } from '../generation/request-terms.parse.js';
import { ModelLoadService } from './model-load.service.js';

/** The internal routes that bring a model into memory, or out of it. */
@Controller()
export class ModelLoadController {
  constructor(
    private readonly models: ModelLoadService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
  ) {}

  /** Loads a model for writing, or for embeddings with `"purpose": "embedding"`. */
  @TokenRoute(ENGINE_PATHS.loadModel)
  async load(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const request = await this.read(req);
    const terms = parseRequestTerms(req.headers, request.model, this.catalog);
    contextOf(res).tier = terms.tier;
    const purpose = 'purpose' in request && request.purpose === 'embedding' ? 'embedding' : 'generation';
    this.answer(await this.models.load(request.model, { terms, purpose }, res), res);
  }

  /** Unloads a model as soon as nobody uses it. */
  @TokenRoute(ENGINE_PATHS.unloadModel)
  async unload(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const { model } = await this.read(req);
    const terms = parseRequestTerms(req.headers, model, this.catalog);
    contextOf(res).tier = terms.tier;
    this.answer(await this.models.unload(model, terms, res), res);
  }

  private async read(req: IncomingMessage): Promise<ReturnType<typeof parseOllamaModelName>> {
    const { MAX_BODY_BYTES, BODY_TIMEOUT_SECONDS } = this.settings;
    return parseOllamaModelName(await readBody(req, { mostBytes: MAX_BODY_BYTES, mostSeconds: BODY_TIMEOUT_SECONDS }));
  }

  private answer(residence: ModelResidence, res: ServerResponse): void {
    const bytes = Buffer.from(JSON.stringify(residence));
    res.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length });
    res.end(bytes);
  }
}
