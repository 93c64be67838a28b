import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import { ENGINE_PATHS, parseChatCompletionRequest } from '@local-llm-agent/contracts';
import type { CatalogIndex, Settings } from '@local-llm-agent/config';
import { TokenRoute, contextOf, readBody } from '@local-llm-agent/http';
import { CATALOG_TOKEN, SETTINGS_TOKEN } from '../engine.tokens.js';
import { parseRequestTerms } from '../generation/request-terms.parse.js';
import { TokenCountService } from './token-count.service.js';

/** The internal route that counts the tokens of a chat: OpenAI's body, our headers. */
@Controller()
export class TokenCountController {
  constructor(
    private readonly counts: TokenCountService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
  ) {}

  /** Answers with an {@link EngineTokenCount}. */
  @TokenRoute(ENGINE_PATHS.countTokens)
  async create(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const bytes = await readBody(req, {
      mostBytes: this.settings.MAX_BODY_BYTES,
      mostSeconds: this.settings.BODY_TIMEOUT_SECONDS,
    });
    const request = parseChatCompletionRequest(bytes);
    const terms = parseRequestTerms(req.headers, request.model, this.catalog);
    contextOf(res).tier = terms.tier;
    const body = JSON.stringify(await this.counts.count(request, terms, res));
    res.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    });
    res.end(body);
  }
}
