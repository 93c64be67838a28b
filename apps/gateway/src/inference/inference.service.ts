import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { ENGINE_PATHS, type ChatCompletionRequest } from '@local-llm-agent/contracts';
import { contextOf } from '@local-llm-agent/http';
import { AdmissionService } from '../admission/admission.service.js';
import { EngineClient } from './engine.client.js';

/** The one road to the engine: admit, send, settle. */
@Injectable()
export class InferenceService {
  constructor(
    private readonly admission: AdmissionService,
    private readonly engine: EngineClient,
  ) {}

  /** Answers a chat that was validated; `bytes` is its body as the client sent it. */
  async chat(request: ChatCompletionRequest, bytes: Buffer, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const context = contextOf(res);
    const ticket = await this.admission.admitChat(req, request, (tier) => {
      context.tier = tier;
    });
    try {
      await this.engine.relay(
        {
          path: ENGINE_PATHS.chatCompletions,
          body: bytes,
          tier: ticket.tier,
          timeoutMs: ticket.timeoutMs,
          streaming: request.stream === true,
        },
        res,
      );
    } finally {
      ticket.reservation.settle(this.usedTokens(res, ticket.promptTokens));
    }
  }

  /** Tokens that count against the limit: the real ones, else (error, client gone) those of the prompt if it ran. */
  private usedTokens(res: ServerResponse, promptTokens: number): number {
    const context = contextOf(res);
    if (context.promptTokens !== undefined) return context.promptTokens + (context.completionTokens ?? 0);
    return res.headersSent && !context.error ? promptTokens : 0;
  }
}
