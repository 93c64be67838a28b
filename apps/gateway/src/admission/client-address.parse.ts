import type { TrustProxy } from '@local-llm-agent/config';

/** IPv4 as it is written within IPv6, as Node does where it listens on both. */
const MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;
const FOUR = /^(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?$/;
const SIX = /^(?:\[([\da-f:.]+)\](?::\d{1,5})?|([\da-f:.]*:[\da-f:.]*))$/i;
/** What a proxy may have written; nobody needs more. */
const LONGEST_HEADER = 4096;

/** The one way in which an address is written here, without a port; undefined for what is no address. */
function addressOf(text: string): string | undefined {
  const four = (MAPPED.exec(text) ?? FOUR.exec(text))?.[1];
  if (four !== undefined) return four.split('.').every((part) => Number(part) <= 255) ? four : undefined;
  const six = SIX.exec(text);
  const url = `http://[${six?.[1] ?? six?.[2] ?? ''}]/`;
  return six && URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : undefined;
}

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
