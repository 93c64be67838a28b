import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { rateLimited, type Tier } from '@local-llm-agent/contracts';
import type { CatalogIndex } from '@local-llm-agent/config';

const MINUTE_SECONDS = 60;

/** Tokens that were set aside for a request; settle it once the real count is known. */
export interface Reservation {
  /** Gives back what was not used, or takes what was used beyond. */
  settle(usedTokens: number): void;
}

/** One limit of one tier. */
interface Limit {
  readonly tier: Tier;
  readonly unit: 'requests' | 'tokens';
  readonly limiter: RateLimiterMemory;
}

interface Limits {
  readonly requests: Limit | undefined;
  readonly tokens: Limit | undefined;
}

const NO_LIMITS: Limits = { requests: undefined, tokens: undefined };

const NOTHING_RESERVED: Reservation = {
  settle() {
    /* no limit, nothing to give back */
  },
};

function limitOf(tier: Tier, unit: Limit['unit'], points: number): Limit | undefined {
  if (points === 0) return undefined;
  return {
    tier,
    unit,
    limiter: new RateLimiterMemory({ points, duration: MINUTE_SECONDS, keyPrefix: `${tier}-${unit}` }),
  };
}

/** Requests and tokens a minute, for each caller and tier. */
export class RateLimitService {
  private readonly limits: Readonly<Record<Tier, Limits>>;

  constructor(
    catalog: CatalogIndex,
    enabled: boolean,
    private readonly decided: (tier: Tier, decision: 'allowed' | 'refused') => void,
  ) {
    const of = (tier: Tier): Limits => {
      if (!enabled) return NO_LIMITS;
      const { requestsPerMinute, tokensPerMinute } = catalog.catalog.tiers[tier];
      return {
        requests: limitOf(tier, 'requests', requestsPerMinute),
        tokens: limitOf(tier, 'tokens', tokensPerMinute),
      };
    };
    this.limits = { small: of('small'), main: of('main') };
  }

  /**
   * Counts one request and sets its tokens aside. Throws `rate_limited` (429) with the seconds to wait.
   * A request whose tokens alone pass the limit of a minute is let in when nothing else was used: it could never run
   * otherwise.
   */
  async admit(caller: string, tier: Tier, tokens: number): Promise<Reservation> {
    const limits = this.limits[tier];
    if (limits.requests) await this.consume(limits.requests, caller, 1);
    const reservation = limits.tokens ? await this.reserve(limits.tokens, caller, tokens) : NOTHING_RESERVED;
    if (limits.requests ?? limits.tokens) this.decided(tier, 'allowed');
    return reservation;
  }

  private async reserve(limit: Limit, caller: string, tokens: number): Promise<Reservation> {
    const { limiter } = limit;
    const reserved = Math.min(tokens, limiter.points);
    const { msBeforeNext } = await this.consume(limit, caller, reserved);
    const minuteEndsAt = Date.now() + msBeforeNext;
    return {
      settle: (used) => {
        const difference = used - reserved;
        // What was set aside in a minute that is over is forgotten already; given back, it would be a credit.
        if (difference === 0 || (difference < 0 && Date.now() >= minuteEndsAt)) return;
        const change = difference > 0 ? limiter.penalty(caller, difference) : limiter.reward(caller, -difference);
        // The memory store does not fail; a rejection here would be a fault of ours and must not end the process.
        change.catch(() => undefined);
      },
    };
  }

  private async consume({ tier, unit, limiter }: Limit, caller: string, points: number): Promise<RateLimiterRes> {
    try {
      return await limiter.consume(caller, points);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      this.decided(tier, 'refused');
      // The limiter counts what it refuses, too: without this a large refusal would shut out small requests.
      await limiter.reward(caller, points);
      const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
      throw rateLimited(
        `The limit of ${limiter.points} ${unit} a minute of tier ${tier} is used up. Try again in ${seconds} s.`,
        seconds,
      );
    }
  }
}
