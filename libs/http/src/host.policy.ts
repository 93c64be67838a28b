/** A host without its port: a name, or an address in digits. */
const HOST = /^(\[[\da-f:.]+\]|[a-z0-9_](?:[a-z0-9._-]{0,252})?)(?::\d{1,5})?$/i;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const DIGITS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[.*\])$/;

/** Whether this is the machine itself: a name or an address as it is listened on, or as a client writes it. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host.includes(':') && !host.startsWith('[') ? `[${host}]` : host.toLowerCase());
}

/** The host of a `Host` header in lower case, without its port and a dot at its end; undefined for what is none. */
export function hostOf(header: string): string | undefined {
  return HOST.exec(header)?.[1]?.toLowerCase().replace(/\.$/, '');
}

/** How many `Host` headers came. @param rawHeaders names and values in turn, as Node has them */
export function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

/** Where a service listens, and the names it has. */
export interface HostTerms {
  readonly listensOn: string;
  /** Names in lower case besides those of the machine itself; `*` for any. */
  readonly allowed: readonly string[];
}

/**
 * Whether the service may be asked under this host. A web page can give a name of its own our address, and would then
 * count as ours; it cannot have one of our names.
 * 1. A service that names nobody and is open to other machines takes any name: it cannot know its own.
 * 2. The machine itself, and the names that are allowed.
 * 3. Addresses in digits, where other machines can reach us: no page can be at one that is not its own.
 */
export function isAllowedHost(host: string, { listensOn, allowed }: HostTerms): boolean {
  const inside = isLoopback(listensOn);
  // 1.
  if ((!inside && allowed.length === 0) || allowed.includes('*')) return true;
  // 2.
  if (isLoopback(host) || allowed.includes(host)) return true;
  // 3.
  return !inside && DIGITS.test(host);
}
