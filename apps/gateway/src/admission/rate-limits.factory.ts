import { Logger } from '@nestjs/common';
import type { CatalogIndex, Settings } from '@local-llm-agent/config';
import { tellLog } from '../redis/redis-log.writer.js';
import type { BudgetStore } from './budget-store.contract.js';
import { MemoryLimitStore } from './memory-limit-store.service.js';
import { RateLimitService, type RateLimitParts } from './rate-limit.service.js';
import { RedisLimits } from './redis-limits.client.js';
import { SharedLimitStore } from './shared-limit-store.service.js';

/** What the limits are made of, and whom they tell. */
export interface RateLimitOptions {
  readonly settings: Settings;
  readonly catalog: CatalogIndex;
  readonly budget: BudgetStore;
  readonly decided: RateLimitParts['decided'];
  /** Called where there is a shared store, once; told whether it answers. */
  readonly watchStore: () => { up(): void; down(): void };
}

/** The limits that the settings ask for: counted in Redis where REDIS_URL is set, else in the memory of this process. */
export function createRateLimits(options: RateLimitOptions): RateLimitService {
  const { settings, catalog, budget, decided } = options;
  const tiers = settings.RATE_LIMITS ? catalog.catalog.tiers : undefined;
  const memory = new MemoryLimitStore();
  if (settings.REDIS_URL === undefined) return new RateLimitService({ tiers, store: memory, budget, decided });
  const { redis, store } = createSharedStore(settings.REDIS_URL, memory, options);
  return new RateLimitService({
    tiers,
    store,
    budget,
    decided,
    close: () => {
      redis.close();
    },
  });
}

function createSharedStore(
  url: string,
  memory: MemoryLimitStore,
  { settings, watchStore }: RateLimitOptions,
): { redis: RedisLimits; store: SharedLimitStore } {
  const log = tellLog(new Logger(SharedLimitStore.name), {
    away: 'limits are counted by this gateway alone',
    back: 'limits are counted together with other gateways again',
  });
  const watched = watchStore();
  const redis = new RedisLimits(
    { url, timeoutMs: settings.REDIS_TIMEOUT_MS },
    {
      back: () => {
        store.redisIsBack();
        watched.up();
        log.back();
      },
      lost: (error) => {
        watched.down();
        log.lost(error);
      },
    },
  );
  const store = new SharedLimitStore(redis, memory);
  return { redis, store };
}
