import type { Settings } from '@local-llm-agent/config';
import { MemoryStore } from './memory-store.service.js';
import { RedisStore } from './redis-store.client.js';
import type { ResponseStore } from './response-store.contract.js';

const SECONDS_PER_HOUR = 3600;
/** More than fit into the bytes, unless they are tiny. */
const MOST_ENTRIES = 100_000;

/** The store that the settings ask for: Redis where REDIS_URL is set, else the memory of this process. */
export function createResponseStore(settings: Settings): ResponseStore {
  const ttlSeconds = settings.RESPONSES_TTL_HOURS * SECONDS_PER_HOUR;
  if (settings.REDIS_URL !== undefined) return new RedisStore(settings.REDIS_URL, ttlSeconds);
  return new MemoryStore({
    mostBytes: settings.RESPONSES_MAX_BYTES,
    mostEntries: MOST_ENTRIES,
    ttlMs: ttlSeconds * 1000,
  });
}
