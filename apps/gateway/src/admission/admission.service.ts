import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { GENERATION_DEFAULTS, HEADERS, parseTier, type Tier } from '@local-llm-agent/contracts';
import type { CatalogIndex } from '@local-llm-agent/config';
import { contextOf, type RequestContext } from '@local-llm-agent/http';
import { CATALOG_TOKEN } from '../gateway.tokens.js';
import { modelIdOf, requireModel } from './access.policy.js';
import { AccessService } from './access.service.js';
import type { Caller } from './caller.types.js';
import { anthropicLimitHeaders, openaiLimitHeaders, type LimitStand } from './limit-headers.translate.js';
import { RateLimitService, type Reservation } from './rate-limit.service.js';
import { decideTier } from './tier.policy.js';
import type { Wish } from './wish.types.js';

export type { Wish } from './wish.types.js';

/** A request and the answer to it. */
export interface AskedExchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** Leave to run one request. */
export interface Ticket {
  readonly tier: Tier;
  /** Who asks, for the engine to be fair. */
  readonly caller: string;
  /** The same, with all that is known of them. */
  readonly asker: Caller;
  /** Milliseconds for the whole answer. */
  readonly timeoutMs: number;
  readonly reservation: Reservation;
}

/** Paths whose clients know the limits by Anthropic's headers too. */
const ANTHROPIC_PATHS = /^\/v1\/messages(?:\/|$)/;

/** Decides whether a caller may do this now, and in which tier. */
@Injectable()
export class AdmissionService {
  constructor(
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
    private readonly access: AccessService,
    private readonly limits: RateLimitService,
  ) {}

  /**
   * Admits a request, or throws, or rejects with, 400 for an unknown tier, 403 for a tier or a model that the caller may not
   * use, or 429. Whichever way it goes, the answer then carries the tier and how the limits stand. Gives a promise only where
   * another machine has to be asked.
   */
  admit({ req, res }: AskedExchange, wish: Wish): Ticket | Promise<Ticket> {
    const context = contextOf(res);
    const caller = this.access.callerOf(req);
    const forced = parseTier(req.headers[HEADERS.tier]);
    const tier = decideTier({ wish, forced, allowed: caller.tiers }, this.catalog);
    context.tier = tier;
    context.caller = caller.id;
    const asked = modelIdOf(this.catalog, wish.model, tier);
    if (this.catalog.find(asked)) context.askedModel = asked;
    const timeoutMs = this.catalog.catalog.tiers[tier].timeoutSeconds * 1000;
    requireModel(caller, this.catalog, wish.model, tier);
    const toTicket = (reservation: Reservation): Ticket => ({
      tier,
      caller: caller.id,
      asker: caller,
      reservation,
      timeoutMs,
    });
    const reserved = this.limits.admit(
      { caller, tier, tokens: wish.promptTokens + this.answerTokens(wish) },
      (stand) => {
        tell(stand, context, res);
      },
    );
    return reserved instanceof Promise ? reserved.then(toTicket) : toTicket(reserved);
  }

  private answerTokens({ model, answerTokens }: Wish): number {
    return answerTokens ?? this.catalog.find(model)?.defaults.maxTokens ?? GENERATION_DEFAULTS.maxTokens;
  }
}

/** Puts how the limits stand into the head of the answer, unless that is out: an open stream of events has one only. */
function tell(stand: LimitStand, { path }: RequestContext, res: ServerResponse): void {
  if (res.headersSent) return;
  for (const [name, value] of openaiLimitHeaders(stand)) res.setHeader(name, value);
  if (!ANTHROPIC_PATHS.test(path)) return;
  for (const [name, value] of anthropicLimitHeaders(stand, Date.now())) res.setHeader(name, value);
}
