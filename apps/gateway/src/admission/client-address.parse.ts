import type { TrustProxy } from '@local-llm-agent/config';
import { addressOf } from './address.parse.js';

/** What a proxy may have written; nobody needs more. */
const LONGEST_HEADER = 4096;

/** What of a request tells where it comes from. */
export interface Arrival {
  /** The other end of the connection. */
  readonly remote: string | undefined;
  /** `X-Forwarded-For`: each proxy adds at the right who asked it. What stands at the left may be anybody's invention. */
  readonly forwardedFor: string | string[] | undefined;
}

/**
 * The address of who asks: the other end of the connection, unless that is a proxy of ours; then who asked that one, and
 * so on. Where a proxy we trust wrote no address, it is that of the proxy.
 */
export function clientAddress({ remote, forwardedFor }: Arrival, trusts: TrustProxy | undefined): string {
  let address = remote === undefined ? 'unknown' : (addressOf(remote) ?? remote);
  const claimed = forwardedFor === undefined ? '' : String(forwardedFor);
  if (!trusts || claimed.length > LONGEST_HEADER) return address;
  const claims = claimed.split(',').reverse();
  for (const [hop, claim] of claims.entries()) {
    const next = addressOf(claim.trim());
    if (next === undefined || !trusts(address, hop)) break;
    address = next;
  }
  return address;
}
