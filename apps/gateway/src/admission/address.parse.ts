/** IPv4 as Node writes it where it listens on both: so common that it is looked for first. */
const MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;
const FOUR = /^(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?$/;
/** IPv6, in brackets where a port follows, and the interface by which an address of the link is reached. */
const SIX = /^(?:\[([\da-f:.]+)(?:%[\w.-]+)?\](?::\d{1,5})?|([\da-f:.]*:[\da-f:.]*)(?:%[\w.-]+)?)$/i;
const GROUPS = 8;
/** What is before the IPv4 address where one is written within IPv6: mapped (RFC 4291), and translated (RFC 6052). */
const HOLD_FOUR: readonly string[] = ['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0'];

/** The eight groups of an IPv6 address as the parser of addresses writes it; undefined for what is none. */
function groupsOf(text: string): readonly string[] | undefined {
  const url = `http://[${text}]/`;
  if (!URL.canParse(url)) return undefined;
  const [left = '', right] = new URL(url).hostname.slice(1, -1).split('::');
  const groups = (half: string | undefined): string[] => (half ? half.split(':') : []);
  const gap = right === undefined ? 0 : GROUPS - groups(left).length - groups(right).length;
  return [...groups(left), ...Array<string>(gap).fill('0'), ...groups(right)];
}

/** The IPv4 address that an IPv6 address stands for; undefined where it stands for itself. */
function fourOf(groups: readonly string[]): string | undefined {
  if (!HOLD_FOUR.includes(groups.slice(0, 6).join(':'))) return undefined;
  const bytes = groups.slice(6).map((group) => Number.parseInt(group, 16));
  return bytes.flatMap((pair) => [pair >> 8, pair & 0xff]).join('.');
}

/**
 * The one way in which an address is written here: IPv4 in digits, also where it is written within IPv6; IPv6 in its
 * short form. Without a port and an interface; undefined for what is no address.
 */
export function addressOf(text: string): string | undefined {
  const four = (MAPPED.exec(text) ?? FOUR.exec(text))?.[1];
  if (four !== undefined) return four.split('.').every((part) => Number(part) <= 255) ? four : undefined;
  const six = SIX.exec(text);
  const groups = six && groupsOf(six[1] ?? six[2] ?? '');
  if (!groups) return undefined;
  return fourOf(groups) ?? new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

/**
 * Who is behind an address, as far as it can be told apart: an IPv4 address stands for itself, an IPv6 address for its
 * /64, since whoever has one address of it has all 2^64. What is no address stands for itself.
 * @param address as {@link addressOf} gives it
 */
export function networkOf(address: string): string {
  // The machine itself is no network.
  if (!address.includes(':') || address === '::1') return address;
  const groups = groupsOf(address);
  if (!groups) return address;
  const prefix = groups
    .slice(0, GROUPS / 2)
    .join(':')
    .replace(/(?::0)+$/, '');
  return `${prefix === '0' ? '' : prefix}::/64`;
}
