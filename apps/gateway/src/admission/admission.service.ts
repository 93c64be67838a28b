import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { CHAT_DEFAULTS, HEADERS, maxTokensOf, type ChatCompletionRequest, type Tier } from '@local-llm-agent/contracts';
import type { CatalogIndex } from '@local-llm-agent/config';
import { CATALOG_TOKEN } from '../gateway.tokens.js';
import { RateLimitService, type Reservation } from './rate-limit.service.js';
import { decideTier } from './tier.policy.js';
import { estimateChatTokens } from './token.estimate.js';

/** Leave to run one request. */
export interface Ticket {
  readonly tier: Tier;
  /** Milliseconds for the whole answer. */
  readonly timeoutMs: number;
  readonly reservation: Reservation;
  /** What the reservation took the prompt to be. */
  readonly promptTokens: number;
}

/** Decides whether a caller may do this now, and in which tier. */
@Injectable()
export class AdmissionService {
  constructor(
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
    private readonly limits: RateLimitService,
  ) {}

  /** The tier of a chat. Throws 400 for an unknown X-Tier. */
  tierOf(req: IncomingMessage, request: ChatCompletionRequest, promptTokens: number): Tier {
    return decideTier(req.headers[HEADERS.tier], request.model, promptTokens, this.catalog);
  }

  /** Admits a chat, or throws 429. `decided` is told the tier before any limit is asked. */
  async admitChat(
    req: IncomingMessage,
    request: ChatCompletionRequest,
    decided: (tier: Tier) => void,
  ): Promise<Ticket> {
    const promptTokens = estimateChatTokens(request.messages);
    const tier = this.tierOf(req, request, promptTokens);
    decided(tier);
    const reservation = await this.limits.admit(
      req.socket.remoteAddress ?? 'unknown',
      tier,
      promptTokens + this.answerCap(request),
    );
    return { tier, promptTokens, reservation, timeoutMs: this.catalog.catalog.tiers[tier].timeoutSeconds * 1000 };
  }

  private answerCap(request: ChatCompletionRequest): number {
    return maxTokensOf(request) ?? this.catalog.find(request.model)?.defaults.maxTokens ?? CHAT_DEFAULTS.maxTokens;
  }
}
