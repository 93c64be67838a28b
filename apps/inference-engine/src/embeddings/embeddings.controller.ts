import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import { DEFAULT_EMBEDDING_MODEL, ENGINE_PATHS, parseEmbeddingRequest } from '@local-llm-agent/contracts';
import type { CatalogIndex, Settings } from '@local-llm-agent/config';
import { TokenRoute, contextOf, readBody } from '@local-llm-agent/http';
import { CATALOG_TOKEN, SETTINGS_TOKEN } from '../engine.tokens.js';
import { parseRequestTerms } from '../generation/request-terms.parse.js';
import { EmbeddingsService } from './embeddings.service.js';

/** The internal route of embeddings: OpenAI's body, our headers. */
@Controller()
export class EmbeddingsController {
  constructor(
    private readonly embeddings: EmbeddingsService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
  ) {}

  /** Turns one input or several into vectors. */
  @TokenRoute(ENGINE_PATHS.embeddings)
  async create(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const bytes = await readBody(req, {
      mostBytes: this.settings.MAX_BODY_BYTES,
      mostSeconds: this.settings.BODY_TIMEOUT_SECONDS,
    });
    const request = parseEmbeddingRequest(bytes);
    const terms = parseRequestTerms(req.headers, request.model ?? DEFAULT_EMBEDDING_MODEL, this.catalog);
    contextOf(res).tier = terms.tier;
    await this.embeddings.answer(request, terms, res);
  }
}
