import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { TIERS, rateLimited, type Tier } from '@local-llm-agent/contracts';
import type { CatalogIndex } from '@local-llm-agent/config';

const MINUTE_SECONDS = 60;

/** Tokens that were set aside for a request; settle it once the real count is known. */
export interface Reservation {
  /** Gives back what was not used, or takes what was used beyond. */
  settle(usedTokens: number): void;
}

interface Limiters {
  readonly requests: RateLimiterMemory | undefined;
  readonly tokens: RateLimiterMemory | undefined;
}

const NOTHING_RESERVED: Reservation = {
  settle() {
    /* no limit, nothing to give back */
  },
};

function limiter(points: number, keyPrefix: string): RateLimiterMemory | undefined {
  return points > 0 ? new RateLimiterMemory({ points, duration: MINUTE_SECONDS, keyPrefix }) : undefined;
}

/** Requests and tokens a minute, for each caller and tier. */
export class RateLimitService {
  private readonly limiters: Readonly<Record<Tier, Limiters>>;

  constructor(
    catalog: CatalogIndex,
    enabled: boolean,
    private readonly decided: (tier: Tier, decision: 'allowed' | 'refused') => void,
  ) {
    const of = (tier: Tier): Limiters => {
      const { requestsPerMinute, tokensPerMinute } = catalog.catalog.tiers[tier];
      return enabled
        ? { requests: limiter(requestsPerMinute, `${tier}-requests`), tokens: limiter(tokensPerMinute, `${tier}-tokens`) }
        : { requests: undefined, tokens: undefined };
    };
    this.limiters = { small: of('small'), main: of('main') };
  }

  /** Whether any tier has a limit. */
  get active(): boolean {
    return TIERS.some((tier) => this.limiters[tier].requests ?? this.limiters[tier].tokens);
  }

  /**
   * Counts one request and sets its tokens aside. Throws `rate_limited` (429) with the seconds to wait.
   * A request whose tokens alone pass the limit of a minute is let in when nothing else was used: it could never run
   * otherwise.
   */
  async admit(caller: string, tier: Tier, tokens: number): Promise<Reservation> {
    const { requests, tokens: tokenLimiter } = this.limiters[tier];
    await this.consume(requests, caller, 1, `requests a minute of tier ${tier}`, tier);
    if (!tokenLimiter) return NOTHING_RESERVED;
    const reserved = Math.min(tokens, tokenLimiter.points);
    await this.consume(tokenLimiter, caller, reserved, `tokens a minute of tier ${tier}`, tier);
    this.decided(tier, 'allowed');
    return {
      settle: (used) => {
        const difference = used - reserved;
        if (difference === 0) return;
        const change = difference > 0 ? tokenLimiter.penalty(caller, difference) : tokenLimiter.reward(caller, -difference);
        // The memory store does not fail; a rejection here would be a fault of ours and must not end the process.
        change.catch(() => undefined);
      },
    };
  }

  private async consume(limiter: RateLimiterMemory | undefined, caller: string, points: number, what: string, tier: Tier): Promise<void> {
    if (!limiter) return;
    try {
      await limiter.consume(caller, points);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      this.decided(tier, 'refused');
      const seconds = Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
      throw rateLimited(`The limit of ${limiter.points} ${what} is used up. Try again in ${seconds} s.`, seconds);
    }
  }
}
