import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Req, Res } from '@nestjs/common';
import { ENGINE_PATHS, parseCompletionRequest } from '@local-llm-agent/contracts';
import { TokenRoute } from '@local-llm-agent/http';
import { newAnswerId } from '../generation/answer.id.js';
import { GenerationService } from '../generation/generation.service.js';
import { OrderReader } from '../generation/order.reader.js';
import { toCompletionPlan } from './completion-call.translate.js';
import { CompletionEncoder } from './completion.encoder.js';

/** Letters of a prompt by which one is known that goes on from the same text. */
const BEGINNING_LENGTH = 1000;

/** The internal route of completions: OpenAI's body, our headers. */
@Controller()
export class CompletionsController {
  constructor(
    private readonly generation: GenerationService,
    private readonly orders: OrderReader,
  ) {}

  /** Goes on from one prompt or several, plain or streamed. */
  @TokenRoute(ENGINE_PATHS.completions)
  async create(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const { request, terms } = await this.orders.read(req, res, parseCompletionRequest);
    await this.generation.answer(
      {
        model: request.model,
        terms,
        streaming: request.stream === true,
        beginning: () => JSON.stringify(request.prompt).slice(0, BEGINNING_LENGTH),
        draft: ({ shownAs, defaults, system }, capabilities) => {
          const { prefix, ...plan } = toCompletionPlan(request, { defaults, system, capabilities });
          const encoder = new CompletionEncoder(
            { model: shownAs, ...newAnswerId('cmpl-') },
            {
              includeUsage: request.stream_options?.include_usage === true,
              withLogprobs: typeof request.logprobs === 'number',
              withTimings: request.include_timings === true,
              prefix,
            },
          );
          return { encoder, reader: undefined, ...plan };
        },
      },
      res,
    );
  }
}
