import { TIERS, type Tier } from '../engine/engine-api.js';
import { invalidRequest } from '../errors/api-error.js';
import { validateObject } from '../validation/body.parse.js';
import { OptionalLocated } from '../validation/parameter.decorators.js';
import {
  OUTCOME_FILTERS,
  USAGE_GROUPS,
  choiceProblem,
  dayProblem,
  filterProblem,
  groupsProblem,
  isUsageGroup,
  limitProblem,
  type UsageGroup,
} from './usage-query.policy.js';

/** Most requests of one answer. */
const MOST_REQUESTS = 1000;
const DEFAULT_REQUESTS = 100;
/** Days that are asked for when none are named, today among them. */
const DEFAULT_DAYS = 30;
const DAY_MS = 86_400_000;
const FORMATS = ['json', 'csv'] as const;

/** Query of `GET /admin/usage`. */
export class UsageQuery {
  @OptionalLocated((value) => dayProblem(value, 'from'), {
    type: 'string',
    format: 'date',
    description: 'First day (UTC); 29 days before `to` unless set',
    example: '2026-01-01',
  })
  from?: string;

  @OptionalLocated((value) => dayProblem(value, 'to'), {
    type: 'string',
    format: 'date',
    description: 'Last day (UTC), which is counted as well; today unless set',
    example: '2026-01-31',
  })
  to?: string;

  @OptionalLocated((value) => groupsProblem(value, 'groupBy'), {
    type: 'string',
    default: 'day',
    description: `One or more of ${USAGE_GROUPS.join(', ')}, separated by commas: a row for each combination there is`,
    example: 'day,key',
  })
  groupBy?: string;

  @OptionalLocated((value) => choiceProblem(value, 'format', FORMATS), {
    type: 'string',
    enum: [...FORMATS],
    default: 'json',
  })
  format?: string;
}

/** Query of `GET /admin/requests`. */
export class RequestsQuery {
  @OptionalLocated((value) => limitProblem(value, 'limit', MOST_REQUESTS), {
    type: 'integer',
    minimum: 1,
    maximum: MOST_REQUESTS,
    default: DEFAULT_REQUESTS,
  })
  limit?: string;

  @OptionalLocated((value) => filterProblem(value, 'key'), {
    type: 'string',
    description: 'Id of a key, or the address of a caller without one',
    example: 'k3f9q7m2xa',
  })
  key?: string;

  @OptionalLocated((value) => filterProblem(value, 'model'), {
    type: 'string',
    description: 'Id of the model that answered',
    example: 'gemma3',
  })
  model?: string;

  @OptionalLocated((value) => choiceProblem(value, 'tier', TIERS), { type: 'string', enum: [...TIERS] })
  tier?: string;

  @OptionalLocated((value) => choiceProblem(value, 'outcome', OUTCOME_FILTERS), {
    type: 'string',
    enum: [...OUTCOME_FILTERS],
    description: 'How they ended; `failed` stands for every error',
  })
  outcome?: string;
}

/** What of the usage is asked for. */
export interface UsageTerms {
  readonly from: string;
  readonly to: string;
  readonly groupBy: readonly UsageGroup[];
  readonly format: 'json' | 'csv';
}

/** Which requests are asked for. */
export interface RequestsTerms {
  readonly limit: number;
  readonly key: string | undefined;
  readonly model: string | undefined;
  readonly tier: Tier | undefined;
  readonly outcome: string | undefined;
}

/** A name that is not known may be a misspelt filter: the answer would be about more than was meant. */
function check<T extends object>(dto: new () => T, names: readonly (keyof T & string)[], plain: object): T {
  const unknown = Object.keys(plain).find((name) => !(names as readonly string[]).includes(name));
  if (unknown === undefined) return validateObject(dto, { ...plain });
  const param = unknown.slice(0, 80);
  throw invalidRequest(`${param} is not a parameter. There are ${names.join(', ')}.`, { param });
}

/**
 * The parameters of an address as what of the usage is asked for. Throws `invalid_request` that names the bad one.
 * @param today the day it is, UTC
 */
export function parseUsageQuery(plain: object, today: string): UsageTerms {
  const query = check(UsageQuery, ['from', 'to', 'groupBy', 'format'], plain);
  const to = query.to ?? today;
  const from = query.from ?? new Date(Date.parse(to) - (DEFAULT_DAYS - 1) * DAY_MS).toISOString().slice(0, 10);
  if (from > to) throw invalidRequest(`from must not be after to, which is ${to}.`, { param: 'from' });
  const groupBy = (query.groupBy ?? 'day').split(',').filter(isUsageGroup);
  return { from, to, groupBy, format: query.format === 'csv' ? 'csv' : 'json' };
}

/** The parameters of an address as which requests are asked for. Throws `invalid_request` that names the bad one. */
export function parseRequestsQuery(plain: object): RequestsTerms {
  const query = check(RequestsQuery, ['limit', 'key', 'model', 'tier', 'outcome'], plain);
  const { key, model, outcome } = query;
  const limit = query.limit === undefined ? DEFAULT_REQUESTS : Number(query.limit);
  return { limit, key, model, tier: query.tier as Tier | undefined, outcome };
}
