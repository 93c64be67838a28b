import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Req, Res } from '@nestjs/common';
import { ENGINE_PATHS, parseChatCompletionRequest } from '@local-llm-agent/contracts';
import { TokenRoute } from '@local-llm-agent/http';
import { beginningOf } from './conversation.policy.js';
import { newAnswerId } from '../generation/answer.id.js';
import { GenerationService } from '../generation/generation.service.js';
import { OrderReader } from '../generation/order.reader.js';
import { toChatPlan } from './chat-call.translate.js';
import { ChatEncoder } from './chat.encoder.js';

const nextToolCallId = (): string => `call_${randomUUID().replaceAll('-', '').slice(0, 24)}`;

/** The internal chat route: OpenAI's body, our headers. */
@Controller()
export class ChatController {
  constructor(
    private readonly generation: GenerationService,
    private readonly orders: OrderReader,
  ) {}

  /** Answers one chat, plain or streamed. */
  @TokenRoute(ENGINE_PATHS.chatCompletions)
  async create(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const { request, terms } = await this.orders.read(req, res, parseChatCompletionRequest);
    await this.generation.answer(
      {
        model: request.model,
        terms,
        streaming: request.stream === true,
        beginning: () => beginningOf(request.messages),
        draft: ({ shownAs, defaults, system }, capabilities) => {
          const plan = toChatPlan(request, { defaults, system, capabilities }, nextToolCallId);
          return {
            counted: request.stream_options?.include_prompt_usage === true ? plan.input : undefined,
            sharing: request.n ?? 1,
            encoder: new ChatEncoder(
              { model: shownAs, ...newAnswerId('chatcmpl-') },
              {
                includeUsage: request.stream_options?.include_usage === true,
                withLogprobs: request.logprobs === true,
                withTimings: request.include_timings === true,
              },
            ),
            ...plan,
          };
        },
      },
      res,
    );
  }
}
