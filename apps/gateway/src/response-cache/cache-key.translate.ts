import type { CatalogModel } from '@local-llm-agent/config';
import type { CacheableRequest } from './cacheable.policy.js';

/** Counted up when the meaning of what is kept changes. */
const FORM = 1;

/** Whose answers are shared, and what of the model decides about an answer. */
export interface CacheScope {
  /** Only callers of the same owner share answers. */
  readonly owner: string;
  /** Id of the model, whichever of its names was asked for. */
  readonly model: string;
  /** What the catalog says of it: with other defaults or another adapter it answers differently. */
  readonly definition: CatalogModel | undefined;
}

/** Fields that say who asks or what is to become of the request, and nothing about the answer. */
const NOT_DECIDING: ReadonlySet<string> = new Set([
  'model',
  'user',
  'metadata',
  'keep_alive',
  'store',
  'service_tier',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
]);

/**
 * All that decides about an answer, as one text: the same text, the same answer. Fields that we do not know are in it,
 * because a runtime may. Only the outermost fields are sorted: the order of what is inside of a tool or of a schema is
 * seen by the model. Null counts as not set, and `stream: false` as well.
 */
export function toKeyText({ path, request }: CacheableRequest, { owner, model, definition }: CacheScope): string {
  const fields = Object.entries(request)
    .filter(([name, value]) => !NOT_DECIDING.has(name) && value !== undefined && value !== null)
    .filter(([name, value]) => name !== 'stream' || value !== false)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([FORM, owner, path, model, definition ?? null, fields]);
}
