import type { Problem } from '../validation/located.constraint.js';

/** Most stop texts, as at OpenAI. */
const MOST_STOPS = 4;

/** What is wrong with `stop`. */
export function stopProblem(value: unknown): Problem | undefined {
  const path = 'stop';
  if (typeof value === 'string') return value === '' ? { path, message: 'must not be empty' } : undefined;
  if (!Array.isArray(value)) return { path, message: 'must be a string or an array of strings' };
  if (value.length > MOST_STOPS) return { path, message: `must have at most ${MOST_STOPS} texts` };
  const bad = value.findIndex((text) => typeof text !== 'string' || text === '');
  return bad < 0 ? undefined : { path: `${path}[${bad}]`, message: 'must be a string that is not empty' };
}

/** What is wrong with `stream_options`. */
export function streamOptionsProblem(value: unknown): Problem | undefined {
  const path = 'stream_options';
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { path, message: 'must be an object' };
  const usage = (value as Record<string, unknown>)['include_usage'];
  if (usage === undefined || usage === null || typeof usage === 'boolean') return undefined;
  return { path: `${path}.include_usage`, message: 'must be a boolean' };
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  (Array.isArray(value) ? value.length === 0 : typeof value === 'object' && Object.keys(value).length === 0);

/** Parameter -> whether its value asks for nothing beyond what happens anyway. */
const HARMLESS: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: (value) => isEmpty(value) || value === 1,
  tools: isEmpty,
  functions: isEmpty,
  logprobs: isEmpty,
  top_logprobs: (value) => isEmpty(value) || value === 0,
  logit_bias: isEmpty,
  presence_penalty: (value) => isEmpty(value) || value === 0,
  frequency_penalty: (value) => isEmpty(value) || value === 0,
  response_format: (value) => isEmpty(value) || (value as { type?: unknown }).type === 'text',
  tool_choice: (value) => isEmpty(value) || value === 'none' || value === 'auto',
  audio: isEmpty,
  web_search_options: isEmpty,
  prediction: isEmpty,
  modalities: (value) => isEmpty(value) || (Array.isArray(value) && value.length === 1 && value[0] === 'text'),
};

const HARMLESS_ENTRIES = Object.entries(HARMLESS);

/** The first parameter that asks for something this version does not do. */
export function unsupportedProblem(body: Record<string, unknown>): Problem | undefined {
  for (const [path, harmless] of HARMLESS_ENTRIES) {
    if (path in body && !harmless(body[path]))
      return { path, message: 'is not supported with this value; leave it out' };
  }
  return undefined;
}
