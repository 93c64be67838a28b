import type { OnModuleDestroy } from '@nestjs/common';
import { rateLimited, type ApiError, type Tier } from '@local-llm-agent/contracts';
import type { BudgetStore } from './budget-store.contract.js';
import { hasKey } from './caller.types.js';
import type { LimitStand } from './limit-headers.translate.js';
import type { Claim, LimitStore, Verdict } from './limit-store.contract.js';
import {
  NO_TIER_LIMITS,
  claimOf,
  ownerOf,
  secondsToNextMonth,
  type Applicant,
  type TierLimits,
} from './limits.policy.js';

/** Tokens that were set aside for a request; settle it once the real count is known. */
export interface Reservation {
  /** To be called once: gives back what was not used, or takes what was used beyond. */
  settle(usedTokens: number): void;
}

/** What a decision was about: the limit that refused, or none. */
export type LimitKind = 'none' | 'requests' | 'tokens' | 'concurrency' | 'budget';

/** What the service needs. */
export interface RateLimitParts {
  /** Undefined: the tiers limit nothing. Limits of the callers' own hold all the same. */
  readonly tiers: Readonly<Record<Tier, TierLimits>> | undefined;
  readonly store: LimitStore;
  readonly budget: BudgetStore;
  /** Told of each decision about a request that has a limit. */
  readonly decided: (tier: Tier, decision: 'allowed' | 'refused', limit: LimitKind) => void;
  /** Frees what the store holds. */
  readonly close?: () => void;
}

const NOTHING_RESERVED: Reservation = {
  settle() {
    /* no limit, nothing to give back */
  },
};

/** Seconds after which another try makes sense while a caller's other requests run. */
const CROWDED_SECONDS = 1;

/** How much a caller may do: requests and tokens a minute, requests at the same time, tokens of a month. */
export class RateLimitService implements OnModuleDestroy {
  /** Tokens set aside for requests that run, of callers with a key. */
  private readonly pending = new Map<string, number>();

  constructor(private readonly parts: RateLimitParts) {}

  /**
   * Counts one request and sets its tokens aside. `told` learns how the limits stand, before the answer or the error.
   * Throws, or rejects with, `rate_limited` (429) and the seconds to wait. Gives a promise only where the store does.
   */
  admit(applicant: Applicant, told: (stand: LimitStand) => void): Reservation | Promise<Reservation> {
    this.checkBudget(applicant);
    const claim = claimOf(applicant, this.parts.tiers?.[applicant.tier] ?? NO_TIER_LIMITS);
    if (claim === undefined) return this.withBudget(applicant, NOTHING_RESERVED);
    const conclude = (verdict: Verdict): Reservation => {
      told({ claim, verdict });
      return this.conclude(applicant, claim, verdict);
    };
    const verdict = this.parts.store.take(claim);
    return verdict instanceof Promise ? verdict.then(conclude) : conclude(verdict);
  }

  /** Ends what the store holds. */
  onModuleDestroy(): void {
    this.parts.close?.();
  }

  private conclude(applicant: Applicant, claim: Claim, verdict: Verdict): Reservation {
    const { tier } = applicant;
    if (verdict.grant) {
      this.parts.decided(tier, 'allowed', 'none');
      return this.withBudget(applicant, verdict.grant);
    }
    const { kind, error } = refusalOf(applicant, claim, verdict);
    this.parts.decided(tier, 'refused', kind);
    throw error;
  }

  /** Refuses a caller whose tokens of the month are used up. What runs already may pass the budget, what comes not. */
  private checkBudget({ caller, tier }: Applicant): void {
    const most = caller.limits.tokensPerMonth ?? 0;
    if (most === 0) return;
    const used = this.parts.budget.usedThisMonth(caller.id);
    if (used + (this.pending.get(caller.id) ?? 0) < most) return;
    this.parts.decided(tier, 'refused', 'budget');
    throw used < most ? budgetSetAside(most) : budgetUsedUp(most, new Date());
  }

  private withBudget({ caller, tokens }: Applicant, reservation: Reservation): Reservation {
    if (!hasKey(caller)) return reservation;
    const { id } = caller;
    this.pending.set(id, (this.pending.get(id) ?? 0) + tokens);
    return {
      settle: (used) => {
        reservation.settle(used);
        const others = (this.pending.get(id) ?? tokens) - tokens;
        if (others > 0) this.pending.set(id, others);
        else this.pending.delete(id);
        this.parts.budget.add(id, used);
      },
    };
  }
}

/** The error while the rest of a month is set aside: what of it is not used is free again when those requests end. */
function budgetSetAside(most: number): ApiError {
  return rateLimited(
    `What is left of the budget of ${most} tokens a month of this key is set aside for its requests that run. Wait until one has ended, or ask for shorter answers.`,
    CROWDED_SECONDS,
  );
}

function budgetUsedUp(most: number, now: Date): ApiError {
  const seconds = secondsToNextMonth(now);
  const day = new Date(now.getTime() + seconds * 1000).toISOString().slice(0, 10);
  return rateLimited(
    `The budget of ${most} tokens a month of this key is used up. It starts anew on ${day} (UTC); ask the administrator for a larger one.`,
    seconds,
  );
}

/** The error for the limit that has to be waited for longest. */
function refusalOf(
  { caller: { limits }, tier }: Applicant,
  claim: Claim,
  verdict: Verdict,
): { kind: LimitKind; error: ApiError } {
  const requestsMs = verdict.requests?.waitMs ?? 0;
  const tokensMs = verdict.tokens?.waitMs ?? 0;
  const seconds = Math.max(1, Math.ceil(Math.max(requestsMs, tokensMs) / 1000));
  if (requestsMs === 0 && tokensMs === 0) {
    const most = claim.place?.limit ?? 0;
    const error = rateLimited(
      `${most} ${most === 1 ? 'request runs' : 'requests run'} already, as many at the same time as ${ownerOf(limits.concurrency, tier)} allows. Wait until one has ended.`,
      CROWDED_SECONDS,
    );
    return { kind: 'concurrency', error };
  }
  const kind = requestsMs >= tokensMs ? 'requests' : 'tokens';
  const own = kind === 'requests' ? limits.requestsPerMinute : limits.tokensPerMinute;
  const limit = claim[kind]?.limit ?? 0;
  const message = `The limit of ${limit} ${kind} a minute of ${ownerOf(own, tier)} is used up. Try again in ${seconds} s.`;
  return { kind, error: rateLimited(message, seconds) };
}
