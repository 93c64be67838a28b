import {
  ApiError,
  backendUnavailable,
  invalidRequest,
  notFound,
  type ApiKey,
  type CreateApiKeyRequest,
  type NewApiKey,
  type RotateApiKeyRequest,
  type UpdateApiKeyRequest,
} from '@local-llm-agent/contracts';
import type { Database } from '../store/database.factory.js';
import type { ApiKeyTable } from '../store/schema.types.js';
import type { Store } from '../store/store.service.js';
import { keyStatus, toApiKey, toTermColumns } from './key-row.translate.js';
import { changeKeys, deleteKey, insertKey, readKey, readKeys, rotateKey, updateKey } from './key-table.client.js';
import { readKeyUse, readKeyUses } from './key-use-table.client.js';
import { hashKey, newKeyId, newKeyText } from './key-text.factory.js';
import type { KeyRecord } from './key.types.js';

const NO_TERMS = {
  previous_hash: null,
  previous_until: null,
  models: null,
  tiers: null,
  requests_per_minute: null,
  tokens_per_minute: null,
  concurrency: null,
  tokens_per_month: null,
  cache: null,
  expires_at: null,
  revoked_at: null,
} as const satisfies Partial<ApiKeyTable>;

/** What the process does around the work of operators. */
export interface KeysHooks {
  /** Awaited after each change, so that this process knows of it when the operator does. */
  readonly changed: () => Promise<void>;
  /** Awaited before keys are shown: writes when they were used, so that an answer has all of it. Must not reject. */
  readonly settled: () => Promise<void>;
}

const NO_HOOKS: KeysHooks = { changed: () => Promise.resolve(), settled: () => Promise.resolve() };

/** What operators do with keys, by `/admin/keys` and by the command line. */
export class KeysService {
  constructor(
    private readonly store: Store,
    private readonly hooks: KeysHooks = NO_HOOKS,
  ) {}

  /** All keys, the newest last. */
  async list(): Promise<ApiKey[]> {
    // Asking makes no file.
    if (!(await this.exists())) return [];
    await this.hooks.settled();
    const { keys, uses } = await this.use(async (db) => ({ keys: await readKeys(db), uses: await readKeyUses(db) }));
    return keys.map((key) => toApiKey(key, Date.now(), uses.get(key.id)));
  }

  /** One key. Throws `not_found`. */
  async get(id: string): Promise<ApiKey> {
    return this.shown(await this.require(id));
  }

  /** Makes a key. */
  async create(request: CreateApiKeyRequest): Promise<NewApiKey> {
    const now = Date.now();
    const id = newKeyId();
    const key = newKeyText(id);
    const row: ApiKeyTable = {
      ...NO_TERMS,
      id,
      name: request.name,
      role: 'inference',
      hash: hashKey(key).toString('hex'),
      created_at: now,
      updated_at: now,
      ...toTermColumns(request),
    };
    if (row.expires_at !== null && row.expires_at <= now)
      throw invalidRequest('expiresAt must be in the future.', { param: 'expiresAt' });
    const made = await this.change(id, (db) => changeKeys(db, (within) => insertKey(within, row)));
    return Object.assign(made, { key });
  }

  /** Changes what a key may do. Throws `not_found`. */
  async update(id: string, request: UpdateApiKeyRequest): Promise<ApiKey> {
    await this.require(id);
    return this.set(id, toTermColumns(request));
  }

  /** Gives a key a new text; the old one is good for the grace. Throws `not_found`, and a 400 for a key that has ended. */
  async rotate(id: string, { graceSeconds }: RotateApiKeyRequest): Promise<NewApiKey> {
    const before = await this.require(id);
    const status = keyStatus(before, Date.now());
    if (status !== 'active')
      throw invalidRequest(`The key ${id} is ${status}: it cannot be rotated. Create a new one.`, { param: 'id' });
    const key = newKeyText(id);
    const grace = (graceSeconds ?? 0) * 1000;
    const rotation = {
      hash: hashKey(key).toString('hex'),
      previousUntil: grace === 0 ? undefined : Date.now() + grace,
    };
    const rotated = await this.change(id, (db) => changeKeys(db, (within) => rotateKey(within, id, rotation)));
    return Object.assign(rotated, { key });
  }

  /** Ends a key for good; one that is revoked stays as it is. Throws `not_found`. */
  async revoke(id: string): Promise<ApiKey> {
    const key = await this.require(id);
    if (key.revokedAt !== undefined) return this.shown(key);
    return this.set(id, { revoked_at: Date.now(), previous_hash: null, previous_until: null });
  }

  /** Forgets a key that was revoked. With the last one the gateway is open again. Throws `not_found`. */
  async remove(id: string): Promise<void> {
    const key = await this.require(id);
    if (key.revokedAt === undefined)
      throw invalidRequest(`The key ${id} is not revoked. Revoke it first.`, { param: 'id' });
    await this.use((db) => changeKeys(db, (within) => deleteKey(within, id)));
    await this.hooks.changed();
  }

  private set(id: string, columns: Partial<ApiKeyTable>): Promise<ApiKey> {
    const all = { ...columns, updated_at: Date.now() };
    return this.change(id, (db) => changeKeys(db, (within) => updateKey(within, id, all)));
  }

  private async change(id: string, work: (db: Database) => Promise<KeyRecord | undefined>): Promise<ApiKey> {
    const key = await this.use(work);
    if (!key) throw unknownKey(id);
    await this.hooks.changed();
    return this.shown(key);
  }

  private async shown(key: KeyRecord): Promise<ApiKey> {
    await this.hooks.settled();
    return toApiKey(key, Date.now(), await this.use((db) => readKeyUse(db, key.id)));
  }

  private async require(id: string): Promise<KeyRecord> {
    const key = (await this.exists()) ? await this.use((db) => readKey(db, id)) : undefined;
    if (!key) throw unknownKey(id);
    return key;
  }

  private exists(): Promise<boolean> {
    return this.store.exists();
  }

  private async use<T>(work: (db: Database) => Promise<T>): Promise<T> {
    try {
      return await work(await this.store.open());
    } catch (cause) {
      if (cause instanceof ApiError) throw cause;
      throw backendUnavailable(
        `The store of keys does not answer (${this.store.place}). Check DATABASE_URL, or that DATA_DIR can be written, and try again.`,
        { origin: 'gateway', cause, retryAfterSeconds: 1 },
      );
    }
  }
}

function unknownKey(id: string) {
  return notFound(`There is no key '${id.slice(0, 80)}'. GET /admin/keys lists those there are.`, { param: 'id' });
}
