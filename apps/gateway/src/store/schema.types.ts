/**
 * The one schema of the store, the same for SQLite and Postgres. Only column types that both have: text, and bigint for
 * every number and for times in Unix milliseconds. Lists are JSON in a text.
 */
export interface Schema {
  readonly api_keys: ApiKeyTable;
  readonly key_uses: KeyUseTable;
  readonly changes: ChangeTable;
  readonly usage_requests: UsageRequestTable;
  readonly usage_days: UsageDayTable;
  readonly usage_months: UsageMonthTable;
  readonly usage_writers: UsageWriterTable;
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

/** When a key was used last; no row for one that never was. A table of its own: to use a key is no change of it. */
export interface KeyUseTable {
  key_id: string;
  /** The beginning of the minute. */
  used_at: number;
}

/** A counter for each subject that processes keep a copy of: whoever changes it counts up in the same transaction. */
export interface ChangeTable {
  subject: string;
  count: number;
}

/** A request that is over. No prompt, no answer, nothing else that a client wrote but the id it gave its request. */
export interface UsageRequestTable {
  id: string;
  ended_at: number;
  request_id: string;
  /** Id of a key, or an address. */
  caller: string;
  /** Empty: none was reached, or none that is known. */
  model: string;
  /** Empty: none was decided. */
  tier: string;
  endpoint: string;
  /** 1 or 0. */
  streamed: number;
  status: number;
  /** `ok`, `client_left` or an error code. */
  outcome: string;
  prompt_tokens: number;
  completion_tokens: number;
  /** 1 where the tokens are estimated, 0 where they were counted. */
  estimated: number;
  /** 1 where the answer was not made for it, but came from the response cache or from the run of another request; else 0. */
  cached: number;
  /** Null: it never waited for a slot. */
  queue_ms: number | null;
  /** Null: no stream, or no event of it came. */
  first_token_ms: number | null;
  duration_ms: number;
}

/** Sums of the requests of a day (UTC, as 2026-01-20) that have all of the first five columns in common. */
export interface UsageDayTable {
  day: string;
  caller: string;
  model: string;
  tier: string;
  endpoint: string;
  requests: number;
  /** Those that ended with an error. */
  failed: number;
  client_left: number;
  /** Those whose answer came from the response cache, or from the run of another request. */
  cached: number;
  prompt_tokens: number;
  completion_tokens: number;
  /** Requests that have a wait, and the sum of it. */
  queued: number;
  queue_ms: number;
  /** Requests that have a first token, and the sum of the times until it. */
  first_tokens: number;
  first_token_ms: number;
  duration_ms: number;
}

/** Tokens that a key has used in a month (UTC, as 2026-01), for its budget. */
export interface UsageMonthTable {
  month: string;
  caller: string;
  tokens: number;
}

/** The last batch that a process has written: one whose commit was never confirmed must not be written twice. */
export interface UsageWriterTable {
  id: string;
  batch: number;
  written_at: number;
}
