import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { ChatCompletionRequest, EngineTokenCount } from '@local-llm-agent/contracts';
import { RequestWatch } from '@local-llm-agent/http';
import { watchRequest } from '../generation/request.abort.js';
import type { RequestTerms } from '../generation/request-terms.parse.js';
import { SlotService, type HeldSlot } from '../generation/slot.service.js';
import { toChatPlan } from './chat-call.translate.js';

/** Counts the tokens of a chat: finds the model, waits for a slot of it, and frees it. */
@Injectable()
export class TokenCountService {
  constructor(
    private readonly slots: SlotService,
    private readonly watch: RequestWatch,
  ) {}

  /** The tokens of the prompt that the chat would have. Throws an ApiError. */
  async count(request: ChatCompletionRequest, terms: RequestTerms, res: ServerResponse): Promise<EngineTokenCount> {
    const { signal, forget } = watchRequest(res, this.watch, {
      timeoutMs: terms.timeoutMs,
      late: 'The tokens were not counted within the time of the tier. Try again when fewer requests wait.',
    });
    let slot: HeldSlot | undefined;
    try {
      const found = await this.slots.find(request.model, { terms, purpose: 'generation', signal }, res);
      const { defaults, system } = found.model;
      const plan = toChatPlan(request, { defaults, system, capabilities: found.capabilities }, () => '');
      slot = await this.slots.take(found, terms, res, signal);
      const { tokens, exact } = await found.model.runtime.countTokens({ plan: slot.plan, input: plan.input }, signal);
      return { promptTokens: tokens, exact };
    } catch (error) {
      this.slots.failed(error);
      throw error;
    } finally {
      forget();
      slot?.release();
    }
  }
}
