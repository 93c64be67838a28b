import { isTier, type ApiKey, type KeyRole, type UpdateApiKeyRequest } from '@local-llm-agent/contracts';
import type { ApiKeyTable } from '../store/schema.types.js';
import { keyPrefixOf } from './key-text.parse.js';
import type { KeyRecord } from './key.types.js';

/** A row as it is read. */
type Row = Readonly<ApiKeyTable>;

function textsOf(json: string | null): string[] | undefined {
  return json === null ? undefined : (JSON.parse(json) as string[]);
}

/** Anything that is not known gives the lesser right. */
function roleOf(text: string): KeyRole {
  return text === 'admin' ? 'admin' : 'inference';
}

/** A row of the store as a key. */
export function toKeyRecord(row: Row): KeyRecord {
  const { previous_hash: previous, previous_until: until } = row;
  return {
    id: row.id,
    name: row.name,
    role: roleOf(row.role),
    hash: Buffer.from(row.hash, 'hex'),
    previous: previous === null || until === null ? undefined : { hash: Buffer.from(previous, 'hex'), until },
    models: textsOf(row.models),
    tiers: textsOf(row.tiers)?.filter(isTier),
    requestsPerMinute: row.requests_per_minute ?? undefined,
    tokensPerMinute: row.tokens_per_minute ?? undefined,
    concurrency: row.concurrency ?? undefined,
    tokensPerMonth: row.tokens_per_month ?? undefined,
    cache: row.cache === null ? undefined : row.cache === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    expiresAt: row.expires_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  };
}

/** The terms of a request as columns: null takes one away, one that is not there is left out. */
export function toTermColumns(terms: UpdateApiKeyRequest): Partial<ApiKeyTable> {
  const { name, role, models, tiers, expiresAt, cache } = terms;
  const json = (list: readonly string[] | null): string | null => (list === null ? null : JSON.stringify(list));
  const numbers = {
    requests_per_minute: terms.requestsPerMinute,
    tokens_per_minute: terms.tokensPerMinute,
    concurrency: terms.concurrency,
    tokens_per_month: terms.tokensPerMonth,
  };
  return {
    ...(typeof name === 'string' ? { name: name.trim() } : {}),
    // Without a role it is the lesser one, as for a new key.
    ...(role === undefined ? {} : { role: role ?? 'inference' }),
    ...(models === undefined ? {} : { models: json(models) }),
    ...(tiers === undefined ? {} : { tiers: json(tiers) }),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt === null ? null : Date.parse(expiresAt) }),
    ...(cache === undefined ? {} : { cache: cache === null ? null : Number(cache) }),
    ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined)),
  };
}

/** What a key is worth at this moment. */
export function keyStatus({ revokedAt, expiresAt }: KeyRecord, now: number): ApiKey['status'] {
  if (revokedAt !== undefined) return 'revoked';
  return expiresAt !== undefined && expiresAt <= now ? 'expired' : 'active';
}

const timeOf = (moment: number | undefined): string | null =>
  moment === undefined ? null : new Date(moment).toISOString();

/** A key as it is shown. @param usedAt when it was used last, if ever */
export function toApiKey(key: KeyRecord, now: number, usedAt: number | undefined): ApiKey {
  const { previous } = key;
  return {
    id: key.id,
    prefix: keyPrefixOf(key.id),
    name: key.name,
    role: key.role,
    status: keyStatus(key, now),
    models: key.models ? [...key.models] : null,
    tiers: key.tiers ? [...key.tiers] : null,
    requestsPerMinute: key.requestsPerMinute ?? null,
    tokensPerMinute: key.tokensPerMinute ?? null,
    concurrency: key.concurrency ?? null,
    tokensPerMonth: key.tokensPerMonth ?? null,
    cache: key.cache ?? null,
    createdAt: new Date(key.createdAt).toISOString(),
    updatedAt: new Date(key.updatedAt).toISOString(),
    expiresAt: timeOf(key.expiresAt),
    revokedAt: timeOf(key.revokedAt),
    lastUsedAt: timeOf(usedAt),
    previousUntil: previous && previous.until > now ? new Date(previous.until).toISOString() : null,
  };
}
