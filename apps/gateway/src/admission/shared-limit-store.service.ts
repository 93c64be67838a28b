import type { Claim, LimitStore, Verdict } from './limit-store.contract.js';
import type { MemoryLimitStore } from './memory-limit-store.service.js';
import type { RedisLimits } from './redis-limits.client.js';
import { WINDOW_MS } from './sliding-window.state.js';

/**
 * Counts in Redis, together with other gateways; while Redis is away, by itself. What Redis grants is noted here too,
 * so that this gateway does not start from nothing when Redis goes; and for a minute after Redis came (it may have
 * forgotten everything) both are asked.
 */
export class SharedLimitStore implements LimitStore {
  private bothUntil = 0;

  constructor(
    private readonly redis: Pick<RedisLimits, 'ready' | 'take'>,
    private readonly memory: MemoryLimitStore,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** To be called when Redis answers again. */
  redisIsBack(): void {
    this.bothUntil = this.clock() + WINDOW_MS;
  }

  take(claim: Claim): Verdict | Promise<Verdict> {
    if (!this.redis.ready) return this.memory.take(claim);
    const refusal = this.clock() < this.bothUntil ? this.memory.refusal(claim) : undefined;
    return refusal ?? this.takeShared(claim);
  }

  private async takeShared(claim: Claim): Promise<Verdict> {
    let shared: Verdict;
    try {
      shared = await this.redis.take(claim);
    } catch {
      // The client has said that Redis is lost, and why.
      return this.memory.take(claim);
    }
    if (!shared.grant) return shared;
    const { grant } = shared;
    const own = this.memory.note(claim);
    return {
      ...shared,
      grant: {
        settle: (used) => {
          own.settle(used);
          grant.settle(used);
        },
      },
    };
  }
}
