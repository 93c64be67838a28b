import { HEADERS, parseTier, type Tier } from '@local-llm-agent/contracts';
import type { CatalogIndex } from '@local-llm-agent/config';
import type { WaitPlace } from '../scheduler/wait.estimate.js';

/** Letters of a caller that tell it from others. */
const LONGEST_CALLER = 200;

/** What the gateway says about a request beside its body. */
export interface RequestTerms {
  readonly tier: Tier;
  /** Who asks, as the gateway says; all that come without a gateway are one. */
  readonly caller: string;
  /** Milliseconds for the whole answer, the waiting included. */
  readonly timeoutMs: number;
  /** Whether a stream tells its place in the queue every second while it waits. */
  readonly waitEvents?: boolean;
  /** See {@link LeaseRequest.onWait}. */
  readonly onWait?: (place: () => WaitPlace | undefined) => void;
}

/** Reads the headers of the gateway; without them the model's tier and its time. Throws a 400 for an unknown tier. */
export function parseRequestTerms(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  model: string,
  catalog: CatalogIndex,
): RequestTerms {
  const tier = parseTier(headers[HEADERS.tier]) ?? catalog.tierOf(model);
  const most = catalog.catalog.tiers[tier].timeoutSeconds * 1000;
  const caller = headers[HEADERS.caller];
  const given = Number(headers[HEADERS.timeout] ?? most);
  return {
    tier,
    caller: typeof caller === 'string' ? caller.slice(0, LONGEST_CALLER) : 'unknown',
    timeoutMs: given > 0 ? Math.min(given, most) : most,
    waitEvents: headers[HEADERS.waitEvents] === '1',
  };
}
