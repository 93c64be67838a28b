import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { backendUnavailable, invalidApiKey, permissionDenied, type ApiError } from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import type { KeyDirectory } from '../keys/key-directory.service.js';
import { hashKey } from '../keys/key-text.factory.js';
import { keyIdOf } from '../keys/key-text.parse.js';
import type { KeyFault, KeyRecord } from '../keys/key.types.js';
import { isOpen, mayReadMetrics } from './access.policy.js';
import { networkOf } from './address.parse.js';
import { clientAddress } from './client-address.parse.js';
import { adminKeyCaller, anonymousCaller, callerOfKey, guestCaller, type Caller } from './caller.types.js';
import { presentedKeys } from './presented-key.parse.js';

/** Why a request was refused, in words for metrics. */
export type Refusal = 'missing' | KeyFault | 'not_known_yet';

/** That a key is not good, and its id where it is one of ours all the same. */
interface BadKey {
  readonly fault: KeyFault;
  readonly id?: string;
}

/** What proxies add to a request that they pass on. */
const FORWARDED = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'via',
] as const;

/** What is said to who is refused. */
const REFUSALS: Readonly<Record<Exclude<Refusal, 'not_known_yet'>, string>> = {
  missing:
    'An API key is needed here. Send one as "Authorization: Bearer <key>" or "X-API-Key: <key>"; whoever runs this gateway makes them.',
  unknown: 'The API key is not known here. Check that it is whole and of this gateway.',
  expired: 'The API key has expired. Ask whoever runs this gateway for a new one.',
  replaced: 'The API key was replaced by a new one, and its time beside that is over. Use the new one.',
  revoked: 'The API key was revoked. Ask whoever runs this gateway for a new one.',
};

const UNKNOWN: BadKey = { fault: 'unknown' };

/** What of the settings decides who is let in. */
type AccessSettings = Pick<Settings, 'ADMIN_KEY' | 'METRICS_ACCESS' | 'TRUST_PROXY'>;

/** A request at the door. */
interface Visit {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

/**
 * Tells who asks, by the key that comes with a request. No key is asked for until there is one: in the store, or the
 * bootstrap key of ADMIN_KEY.
 */
export class AccessService {
  private readonly adminHash: Buffer | undefined;
  private readonly callers = new WeakMap<IncomingMessage, Caller>();
  private readonly keyCallers = new WeakMap<KeyRecord, Caller>();

  constructor(
    private readonly settings: AccessSettings,
    private readonly keys: KeyDirectory,
    private readonly refused: (why: Refusal) => void = () => undefined,
  ) {
    this.adminHash = settings.ADMIN_KEY === undefined ? undefined : hashKey(settings.ADMIN_KEY);
  }

  /** Whether requests need a key now: there is one, or nobody knows whether there is. */
  get keyNeeded(): boolean {
    return !this.keys.known || this.keys.size > 0 || this.adminHash !== undefined;
  }

  /**
   * Lets a request in or throws 401, before anything of its body is read:
   * 1. While there are no keys everybody may do everything.
   * 2. A good key says who asks.
   * 3. Some paths are open: who has no good key is a guest there.
   * 4. All else is refused; while the store was never read nobody can be known but by ADMIN_KEY: 503.
   */
  enter(req: IncomingMessage, visit: Visit): Caller {
    const caller = this.identify(req, visit);
    this.callers.set(req, caller);
    return caller;
  }

  /** The caller of a request that was let in. */
  callerOf(req: IncomingMessage): Caller {
    return this.callers.get(req) ?? this.enter(req, { method: req.method ?? 'GET', path: req.url ?? '/' });
  }

  /** The caller, who may manage the system. Throws a 403 for one who may only use models. */
  requireAdmin(req: IncomingMessage): Caller {
    const caller = this.callerOf(req);
    if (caller.role === 'admin') return caller;
    throw permissionDenied('This changes the system or looks into it: it needs a key of the role admin.', {
      reason: 'role',
    });
  }

  /** The address of who asks, for the log: behind proxies of ours that of who asked them. */
  addressOf(req: IncomingMessage): string {
    const arrival = { remote: req.socket.remoteAddress, forwardedFor: req.headers['x-forwarded-for'] };
    return clientAddress(arrival, this.settings.TRUST_PROXY);
  }

  /**
   * Whether a request that was let in would be one of the role admin now: for answers that go on for hours, while the
   * key may be revoked, expire, or get another role.
   */
  isStillAdmin(req: IncomingMessage): boolean {
    const found = this.seek(req, this.addressOf(req));
    return found !== undefined && !('fault' in found) && found.role === 'admin';
  }

  private identify(req: IncomingMessage, visit: Visit): Caller {
    const address = this.addressOf(req);
    const found = this.seek(req, address);
    // 1. and 2.
    if (found && !('fault' in found)) return found;
    // 3.
    if (this.isOpen(req, visit, address)) return guestCaller(networkOf(address));
    // 4.
    throw this.refuse(this.keys.known ? (found?.fault ?? 'missing') : 'not_known_yet', found?.id);
  }

  /** Who asks, or why the key that came is not good; undefined where none came that is needed. */
  private seek(req: IncomingMessage, address: string): Caller | BadKey | undefined {
    if (!this.keyNeeded) return anonymousCaller(networkOf(address));
    let bad: BadKey | undefined;
    for (const text of presentedKeys(req.headers)) {
      const found = this.look(text, Date.now());
      if (!('fault' in found)) return found;
      // Beside a dummy, that of a key which was good once tells more.
      if (bad?.id === undefined) bad = found.id === undefined ? (bad ?? found) : found;
    }
    return bad;
  }

  private isOpen({ headers }: IncomingMessage, { method, path }: Visit, address: string): boolean {
    if (path !== '/metrics') return isOpen(method, path);
    const forwarded = FORWARDED.some((name) => headers[name] !== undefined);
    return mayReadMetrics(this.settings.METRICS_ACCESS, { address, forwarded });
  }

  /** Whose key it is, or why it is not good. Hashes are compared in constant time; an id is no secret. */
  private look(text: string, now: number): Caller | BadKey {
    const hash = hashKey(text);
    if (this.adminHash && timingSafeEqual(hash, this.adminHash)) return adminKeyCaller();
    const id = keyIdOf(text);
    const key = id === undefined ? undefined : this.keys.find(id);
    if (!key) return UNKNOWN;
    const { previous } = key;
    const isCurrent = timingSafeEqual(hash, key.hash);
    if (!isCurrent && !(previous && timingSafeEqual(hash, previous.hash))) return UNKNOWN;
    if (key.revokedAt !== undefined) return { fault: 'revoked', id: key.id };
    if (key.expiresAt !== undefined && key.expiresAt <= now) return { fault: 'expired', id: key.id };
    if (!isCurrent && previous && previous.until <= now) return { fault: 'replaced', id: key.id };
    return this.toCaller(key);
  }

  private toCaller(key: KeyRecord): Caller {
    const known = this.keyCallers.get(key);
    if (known) return known;
    const caller = callerOfKey(key);
    this.keyCallers.set(key, caller);
    return caller;
  }

  private refuse(why: Refusal, key: string | undefined): ApiError {
    this.refused(why);
    if (why === 'not_known_yet')
      return backendUnavailable(
        'The store of keys has not answered since the gateway started, so no key can be checked. Start the database, or check DATABASE_URL.',
        { origin: 'gateway', retryAfterSeconds: 2 },
      );
    return invalidApiKey(REFUSALS[why], { trace: { reason: why, ...(key === undefined ? {} : { key }) } });
  }
}
