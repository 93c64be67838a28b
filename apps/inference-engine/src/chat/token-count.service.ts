import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { ChatCompletionRequest, EngineTokenCount } from '@local-llm-agent/contracts';
import { RequestWatch } from '@local-llm-agent/http';
import { whileWanted } from '../generation/request.abort.js';
import type { RequestTerms } from '../generation/request-terms.parse.js';
import { AttemptService } from '../generation/attempt.service.js';
import { toChatPlan } from './chat-call.translate.js';

/** Counts the tokens of a chat: finds the model and waits for a slot of it. */
@Injectable()
export class TokenCountService {
  constructor(
    private readonly attempts: AttemptService,
    private readonly watch: RequestWatch,
  ) {}

  /** The tokens of the prompt that the chat would have. Throws an ApiError. */
  async count(request: ChatCompletionRequest, terms: RequestTerms, res: ServerResponse): Promise<EngineTokenCount> {
    const { watch } = this;
    const { timeoutMs } = terms;
    const late = 'The tokens were not counted within the time of the tier. Try again when fewer requests wait.';
    return whileWanted(res, { watch, timeoutMs, late }, (signal) => {
      const order = { model: request.model, terms, purpose: 'generation', signal } as const;
      return this.attempts.run(order, res, async (attempt) => {
        const { runtime, defaults, system } = attempt.model;
        const { input } = toChatPlan(request, { defaults, system, capabilities: attempt.capabilities }, () => '');
        const plan = await attempt.take();
        const { tokens, exact } = await runtime.countTokens({ plan, input }, attempt.signal);
        return { promptTokens: tokens, exact };
      });
    });
  }
}
