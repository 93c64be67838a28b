import { Inject, Injectable } from '@nestjs/common';
import { DEFAULT_EMBEDDING_MODEL, HEADERS } from '@local-llm-agent/contracts';
import type { CatalogIndex, Settings } from '@local-llm-agent/config';
import { contextOf } from '@local-llm-agent/http';
import { modelIdOf } from '../admission/access.policy.js';
import { hasKey } from '../admission/caller.types.js';
import type { AskedExchange } from '../admission/admission.service.js';
import { CATALOG_TOKEN, SETTINGS_TOKEN } from '../gateway.tokens.js';
import { isDeterministic, type CacheableRequest } from '../response-cache/cacheable.policy.js';
import { ResponseCache } from '../response-cache/response-cache.service.js';
import type { CacheOutcome, Detour } from '../response-cache/response-cache.types.js';
import type { Entry } from './entrance.service.js';

/** A request that was let in, with what it asks. */
export interface AdmittedRequest extends Entry {
  readonly asked: CacheableRequest;
  readonly exchange: AskedExchange;
}

/** Whose answers those of callers without a key are: nobody can tell these apart for good. */
const EVERYBODY = '';

/** Decides which requests go by the response cache. */
@Injectable()
export class CacheRoad {
  constructor(
    private readonly cache: ResponseCache,
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /**
   * The way of a request by the cache; undefined for one that goes straight to the engine. The cache is used
   * 1. where the request says so, else its key, else the setting,
   * 2. for what has one answer only: vectors, and texts at temperature 0 or with a seed,
   * 3. of a model that is known: an unset default of a tier is whatever model there is.
   */
  detour({ asked, control, ticket, exchange }: AdmittedRequest): Detour | undefined {
    // 1.
    const { asker, tier } = ticket;
    const mode = this.settings.RESPONSE_CACHE;
    if (mode === 'off' || !(control.use ?? asker.cache ?? mode === 'on')) return undefined;
    // 2.
    const name = asked.request.model ?? DEFAULT_EMBEDDING_MODEL;
    const model = modelIdOf(this.catalog, name, tier);
    const definition = this.catalog.find(model);
    if (!isDeterministic(asked, definition?.defaults ?? {})) return undefined;
    // 3.
    if (this.catalog.isVirtual(model)) return undefined;
    const shared = this.settings.RESPONSE_CACHE_SCOPE === 'all' || !hasKey(asker);
    return this.cache.detour({
      asked,
      scope: { owner: shared ? EVERYBODY : asker.id, model, definition },
      fresh: control.fresh,
      tier,
      waitEvents: exchange.req.headers[HEADERS.waitEvents] === '1',
      knownAs: this.catalog.isVirtual(name) ? undefined : name,
      told: (outcome) => {
        tell(outcome, exchange);
      },
    });
  }

  /** Forgets all answers. Resolves to whether it is done for all gateways that share them. */
  forget(): Promise<boolean> {
    return this.cache.clear();
  }
}

/**
 * Who waits for the run of another has a hit: nothing is computed for it. A request of several questions has one only where
 * none of them is a miss.
 */
function tell(outcome: CacheOutcome, { res }: AskedExchange): void {
  const context = contextOf(res);
  context.cached = outcome !== 'miss' && context.cached !== false;
  if (!res.headersSent) res.setHeader(HEADERS.cache, context.cached ? 'hit' : 'miss');
}
