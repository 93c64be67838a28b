import { invalidRequest } from '@local-llm-agent/contracts';

/** What a request says about the response cache. */
export interface CacheControl {
  /** Whether it is to be used; undefined leaves it to the key and to the settings. */
  readonly use: boolean | undefined;
  /** Whether a new answer is wanted, which then takes the place of the one that is kept. */
  readonly fresh: boolean;
}

/** The headers of a request, names in lower case. */
type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** The header that speaks of this cache alone. */
const CACHE_CONTROL_HEADER = 'x-cache-control';

const NOTHING_SAID: CacheControl = { use: undefined, fresh: false };
const WORDS: Readonly<Record<string, CacheControl>> = {
  use: { use: true, fresh: false },
  refresh: { use: true, fresh: true },
  off: { use: false, fresh: false },
};
/** RFC 9111, 5.2.1. Neither asks for a cache: browsers send `no-cache` by themselves. */
const NO_STORE = /(?:^|[,\s])no-store(?:$|[,\s])/i;
const NO_CACHE = /(?:^|[,\s])no-cache(?:$|[,\s])/i;

/**
 * What the headers of a request say:
 * 1. `X-Cache-Control: use`, `refresh` or `off`; throws a 400 for any other word.
 * 2. Else `Cache-Control: no-store` keeps away from the cache, and `no-cache` wants a new answer where it is in use.
 */
export function parseCacheControl(headers: Headers): CacheControl {
  // 1.
  const own = headers[CACHE_CONTROL_HEADER];
  if (own !== undefined) {
    const found = typeof own === 'string' && Object.hasOwn(WORDS, own) ? WORDS[own] : undefined;
    if (found) return found;
    throw invalidRequest('X-Cache-Control must be one of use, refresh, off.', { param: 'X-Cache-Control' });
  }
  // 2.
  const standard = headers['cache-control'];
  if (typeof standard !== 'string') return NOTHING_SAID;
  if (NO_STORE.test(standard)) return { use: false, fresh: false };
  return NO_CACHE.test(standard) ? { use: undefined, fresh: true } : NOTHING_SAID;
}
