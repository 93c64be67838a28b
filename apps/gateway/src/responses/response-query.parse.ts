import { checkInclude, invalidRequest, type ResponseItem, type ResponseItemPage } from '@local-llm-agent/contracts';

/** The parameters of an address, as Express reads them. */
export type Query = Readonly<Record<string, unknown>>;

const MOST_ITEMS = 100;
const DEFAULT_ITEMS = 20;

/** Which part of a list is wanted. */
export interface PageTerms {
  readonly limit: number;
  readonly newestFirst: boolean;
  /** Id of the item before the first one wanted. */
  readonly after: string | undefined;
}

/** Clients write lists as `include[]=a`, as `include[0]=a`, or as `include=a&include=b`. */
function listOf(query: Query, name: string): string[] {
  return Object.entries(query).flatMap(([key, value]) => {
    if (key !== name && !(key.startsWith(`${name}[`) && key.endsWith(']'))) return [];
    return Array.isArray(value) ? value.map(String) : [String(value)];
  });
}

function refuse(param: string, message: string): never {
  throw invalidRequest(`${param} ${message}.`, { param });
}

/** Checks the query of a single response. Throws a 400 for what cannot be given. */
export function checkResponseQuery(query: Query): void {
  checkInclude(listOf(query, 'include'));
  const { stream } = query;
  if (stream !== undefined && stream !== 'false')
    refuse('stream', 'can only be false: a response that is over is not streamed again');
}

/** The query of a list of items. Throws a 400 that names the bad parameter. */
export function parsePageTerms(query: Query): PageTerms {
  checkInclude(listOf(query, 'include'));
  const { limit: given = String(DEFAULT_ITEMS), order = 'desc', after } = query;
  const limit = typeof given === 'string' && /^\d{1,9}$/.test(given) ? Number(given) : 0;
  if (limit < 1 || limit > MOST_ITEMS) refuse('limit', `must be a whole number from 1 to ${MOST_ITEMS}`);
  if (order !== 'asc' && order !== 'desc') refuse('order', "must be one of 'asc', 'desc'");
  if (after !== undefined && typeof after !== 'string') refuse('after', 'must be the id of an item');
  return { limit, newestFirst: order === 'desc', after };
}

/** The wanted part of the items, which are given oldest first. Throws a 400 for an `after` that is not among them. */
export function toItemPage(items: readonly ResponseItem[], { limit, newestFirst, after }: PageTerms): ResponseItemPage {
  const ordered = newestFirst ? [...items].reverse() : items;
  const before = after === undefined ? -1 : ordered.findIndex(({ id }) => id === after);
  if (after !== undefined && before < 0) refuse('after', 'is no id of an item of this response');
  const data = ordered.slice(before + 1, before + 1 + limit);
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: before + 1 + limit < ordered.length,
  };
}
