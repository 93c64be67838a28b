import type { ApiKey } from '@local-llm-agent/contracts';

const DAY_MS = 86_400_000;
/** A key that ends within so many days is shown as one that needs care. */
const SOON_DAYS = 14;

/** How a key is: good, good until a day, or over. */
export type KeyState =
  | { readonly kind: 'active' | 'expired' | 'revoked' }
  | {
      readonly kind: 'expires';
      /** Whole days that are left, 0 on the last one. */
      readonly days: number;
      readonly soon: boolean;
    };

/** How the key is now. The clock of the browser may say that it is over before the gateway does. */
export function keyStateOf({ status, expiresAt }: Pick<ApiKey, 'status' | 'expiresAt'>, now: number): KeyState {
  if (status !== 'active' || expiresAt === null) return { kind: status };
  const left = Date.parse(expiresAt) - now;
  if (left <= 0) return { kind: 'expired' };
  const days = Math.floor(left / DAY_MS);
  return { kind: 'expires', days, soon: days < SOON_DAYS };
}

/** Whether the key is the one that this text is. */
export function isKeyOf(text: string, { prefix }: Pick<ApiKey, 'prefix'>): boolean {
  return text.startsWith(prefix);
}

/** Whether without this key none of the role admin is left among the good ones. */
export function isLastAdmin(keys: readonly ApiKey[], id: string): boolean {
  const admins = keys.filter(({ role, status }) => role === 'admin' && status === 'active');
  return admins.length === 1 && admins[0]?.id === id;
}

/** Keys in the order in which they matter: the good ones first, of each kind the newest first. */
export function sortedKeys(keys: readonly ApiKey[]): ApiKey[] {
  const rank = ({ status }: ApiKey): number => (status === 'active' ? 0 : 1);
  return [...keys].sort((a, b) => rank(a) - rank(b) || b.createdAt.localeCompare(a.createdAt));
}
