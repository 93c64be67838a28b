import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { GENERATION_DEFAULTS, HEADERS, parseTier, type Tier } from '@local-llm-agent/contracts';
import type { CatalogIndex } from '@local-llm-agent/config';
import { CATALOG_TOKEN } from '../gateway.tokens.js';
import { requireModel, requireTier } from './access.policy.js';
import { AccessService } from './access.service.js';
import { RateLimitService, type Reservation } from './rate-limit.service.js';
import type { Wish } from './wish.types.js';

export type { Wish } from './wish.types.js';

/** Leave to run one request. */
export interface Ticket {
  readonly tier: Tier;
  /** Who asks, for the engine to be fair. */
  readonly caller: string;
  /** Milliseconds for the whole answer. */
  readonly timeoutMs: number;
  readonly reservation: Reservation;
}

/** Decides whether a caller may do this now, and in which tier. */
@Injectable()
export class AdmissionService {
  constructor(
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
    private readonly access: AccessService,
    private readonly limits: RateLimitService,
  ) {}

  /**
   * Admits a request, or throws 403 or 429. `decided` is told the tier before any limit is asked.
   * The tier is that of the header X-Tier (400 for an unknown one), else that of the model.
   */
  async admit(req: IncomingMessage, wish: Wish, decided: (tier: Tier) => void): Promise<Ticket> {
    const { model, promptTokens } = wish;
    const forced = parseTier(req.headers[HEADERS.tier]);
    const tier = forced ?? this.catalog.tierOf(model, promptTokens);
    decided(tier);
    const caller = this.access.callerOf(req);
    requireModel(caller, this.catalog, model, tier);
    requireTier(caller, tier, forced !== undefined);
    const answerTokens =
      wish.answerTokens ?? this.catalog.find(model)?.defaults.maxTokens ?? GENERATION_DEFAULTS.maxTokens;
    const reservation = await this.limits.admit(caller.id, tier, promptTokens + answerTokens);
    return { tier, caller: caller.id, reservation, timeoutMs: this.catalog.catalog.tiers[tier].timeoutSeconds * 1000 };
  }
}
