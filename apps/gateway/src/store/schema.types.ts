/**
 * The one schema of the store, the same for SQLite and Postgres. Only column types that both have: text, and bigint for
 * every number and for times in Unix milliseconds. Lists are JSON in a text.
 */
export interface Schema {
  readonly api_keys: ApiKeyTable;
  readonly changes: ChangeTable;
}

/** A key, without the key: only its hash is here. Null: not set. */
export interface ApiKeyTable {
  /** Part of the key itself, and what logs show. */
  id: string;
  name: string;
  role: string;
  /** SHA-256 of the whole key, in hexadecimal. */
  hash: string;
  /** That of the key before the last rotation, good until `previous_until`. */
  previous_hash: string | null;
  previous_until: number | null;
  /** JSON lists; null: all. */
  models: string | null;
  tiers: string | null;
  requests_per_minute: number | null;
  tokens_per_minute: number | null;
  concurrency: number | null;
  tokens_per_month: number | null;
  /** 1: its requests use the response cache, 0: they do not. */
  cache: number | null;
  created_at: number;
  updated_at: number;
  expires_at: number | null;
  revoked_at: number | null;
}

/** A counter for each subject that processes keep a copy of: whoever changes it counts up in the same transaction. */
export interface ChangeTable {
  subject: string;
  count: number;
}
