import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import { ENGINE_PATHS, parseChatCompletionRequest } from '@local-llm-agent/contracts';
import type { CatalogIndex, Settings } from '@local-llm-agent/config';
import { TokenRoute, contextOf, readBody } from '@local-llm-agent/http';
import { CATALOG_TOKEN, SETTINGS_TOKEN } from '../engine.tokens.js';
import { newAnswerId } from '../generation/answer.id.js';
import { GenerationService } from '../generation/generation.service.js';
import { parseRequestTerms } from '../generation/request-terms.parse.js';
import { toChatPlan } from './chat-call.translate.js';
import { ChatEncoder } from './chat.encoder.js';

const nextToolCallId = (): string => `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`;

/** The internal chat route: OpenAI's body, our headers. */
@Controller()
export class ChatController {
  constructor(
    private readonly generation: GenerationService,
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
    const terms = parseRequestTerms(req.headers, request.model, this.catalog);
    contextOf(res).tier = terms.tier;
    await this.generation.answer(
      {
        model: request.model,
        terms,
        streaming: request.stream === true,
        draft: ({ shownAs, defaults }, capabilities) => {
          const plan = toChatPlan(request, { defaults, capabilities }, nextToolCallId);
          return {
            ...plan,
            counted: request.stream_options?.include_prompt_usage === true ? plan.input : undefined,
            sharing: request.n ?? 1,
            encoder: new ChatEncoder(
              { ...newAnswerId('chatcmpl-'), model: shownAs },
              request.stream_options?.include_usage === true,
              request.logprobs === true,
              request.include_timings === true,
            ),
          };
        },
      },
      res,
    );
  }
}
