import type { ApiKey, CreateApiKeyRequest, Tier, UpdateApiKeyRequest } from '@local-llm-agent/contracts';
import type { KeyFormValues } from './key-form.policy';

/** A form that was not touched. */
export const EMPTY_FORM: KeyFormValues = {
  name: '',
  role: 'inference',
  models: [],
  tiers: [],
  requestsPerMinute: '',
  tokensPerMinute: '',
  concurrency: '',
  tokensPerMonth: '',
  expiresAt: '',
};

const FIELDS = Object.keys(EMPTY_FORM) as readonly (keyof KeyFormValues)[];

/** A moment as `datetime-local` has it: in the time of the browser, to the minute. */
export function toLocalTime(moment: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${day}T${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

/** The form of a key that there is. */
export function toFormValues(key: ApiKey): KeyFormValues {
  return {
    name: key.name,
    role: key.role,
    models: key.models ?? [],
    tiers: key.tiers ?? [],
    requestsPerMinute: key.requestsPerMinute ?? '',
    tokensPerMinute: key.tokensPerMinute ?? '',
    concurrency: key.concurrency ?? '',
    tokensPerMonth: key.tokensPerMonth ?? '',
    expiresAt: key.expiresAt === null ? '' : toLocalTime(new Date(key.expiresAt)),
  };
}

/** What the gateway takes for a field. Null is no term. */
function toTerm(field: keyof KeyFormValues, values: KeyFormValues): string | number | string[] | Tier[] | null {
  const value = values[field];
  if (field === 'name' || field === 'role') return value;
  if (Array.isArray(value)) return value.length === 0 ? null : value;
  if (value === '') return null;
  return field === 'expiresAt' ? new Date(value).toISOString() : value;
}

/** The body that makes a key; only what was filled in stands there. */
export function toCreateRequest(values: KeyFormValues): CreateApiKeyRequest {
  const terms = FIELDS.map((field) => [field, toTerm(field, values)] as const).filter(([, term]) => term !== null);
  return Object.fromEntries(terms) as unknown as CreateApiKeyRequest;
}

/** The body that changes a key; only what is another than before stands there. */
export function toUpdateRequest(before: KeyFormValues, after: KeyFormValues): UpdateApiKeyRequest {
  const changed = FIELDS.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
  return Object.fromEntries(changed.map((field) => [field, toTerm(field, after)]));
}

/** The field of the form that a parameter of an error is about, such as `models` for `models[2]`. */
export function fieldOfParam(param: string | undefined): keyof KeyFormValues | undefined {
  const name = param?.split('[', 1)[0];
  return FIELDS.find((field) => field === name);
}
