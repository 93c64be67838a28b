import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import { ENGINE_PATHS, parseCompletionRequest } from '@local-llm-agent/contracts';
import type { CatalogIndex, Settings } from '@local-llm-agent/config';
import { TokenRoute, contextOf, readBody } from '@local-llm-agent/http';
import { CATALOG_TOKEN, SETTINGS_TOKEN } from '../engine.tokens.js';
import { newAnswerId } from '../generation/answer.id.js';
import { GenerationService } from '../generation/generation.service.js';
import { parseRequestTerms } from '../generation/request-terms.parse.js';
import { toCompletionPlan } from './completion-call.translate.js';
import { CompletionEncoder } from './completion.encoder.js';

/** The internal route of completions: OpenAI's body, our headers. */
@Controller()
export class CompletionsController {
  constructor(
    private readonly generation: GenerationService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
  ) {}

  /** Goes on from one prompt or several, plain or streamed. */
  @TokenRoute(ENGINE_PATHS.completions)
  async create(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const bytes = await readBody(req, {
      mostBytes: this.settings.MAX_BODY_BYTES,
      mostSeconds: this.settings.BODY_TIMEOUT_SECONDS,
    });
    const request = parseCompletionRequest(bytes);
    const terms = parseRequestTerms(req.headers, request.model, this.catalog);
    contextOf(res).tier = terms.tier;
    await this.generation.answer(
      {
        model: request.model,
        terms,
        streaming: request.stream === true,
        draft: ({ shownAs, defaults }, capabilities) => {
          const { prefix, ...plan } = toCompletionPlan(request, { defaults, capabilities });
          const encoder = new CompletionEncoder(
            { ...newAnswerId('cmpl-'), model: shownAs },
            {
              includeUsage: request.stream_options?.include_usage === true,
              withLogprobs: typeof request.logprobs === 'number',
              withTimings: request.include_timings === true,
              prefix,
            },
          );
          return { ...plan, encoder, reader: undefined };
        },
      },
      res,
    );
  }
}
