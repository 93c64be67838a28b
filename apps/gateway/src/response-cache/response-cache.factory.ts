import { Logger } from '@nestjs/common';
import type { Settings } from '@local-llm-agent/config';
import { tellLog } from '../redis/redis-log.writer.js';
import type { CacheStore } from './cache-store.contract.js';
import { MemoryCache } from './memory-cache.service.js';
import { RedisCache } from './redis-cache.client.js';
import { ResponseCache, type ResponseCacheParts } from './response-cache.service.js';

/** What the cache is made of, and whom it tells. */
export interface ResponseCacheOptions {
  readonly settings: Settings;
  readonly counted: ResponseCacheParts['counted'];
  /** Called where answers are kept in memory, once; gives the bytes that are kept now. */
  readonly watchBytes: (bytes: () => number) => void;
}

/**
 * The cache that the settings ask for: in Redis where REDIS_URL is set, else in the memory of this process. Where
 * RESPONSE_CACHE is off nothing gets to it.
 */
export function createResponseCache({ settings, counted, watchBytes }: ResponseCacheOptions): ResponseCache {
  const store = createStore(settings, watchBytes);
  return new ResponseCache({ store, counted, mostEntryBytes: settings.RESPONSE_CACHE_ENTRY_BYTES });
}

function createStore(settings: Settings, watchBytes: ResponseCacheOptions['watchBytes']): CacheStore {
  const ttlMs = settings.RESPONSE_CACHE_TTL_SECONDS * 1000;
  if (settings.REDIS_URL === undefined || settings.RESPONSE_CACHE === 'off') {
    const memory = new MemoryCache({ mostBytes: settings.RESPONSE_CACHE_BYTES, ttlMs });
    watchBytes(() => memory.bytes);
    return memory;
  }
  const words = { away: 'no answer is kept or found', back: 'answers are kept and found again' };
  const options = { url: settings.REDIS_URL, timeoutMs: settings.REDIS_TIMEOUT_MS, ttlMs };
  return new RedisCache(options, tellLog(new Logger(RedisCache.name), words));
}
