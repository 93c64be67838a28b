import type { Problem } from '../validation/located.constraint.js';
import { isObject, isUnset } from '../validation/value.policy.js';

/** Most stop texts, as at OpenAI. */
const MOST_STOPS = 4;
const MOST_BIASES = 1024;
const MOST_BIAS = 100;
const MOST_METADATA = 16;
const MOST_METADATA_VALUE = 512;

/** What is wrong with `stop`. */
export function stopProblem(value: unknown): Problem | undefined {
  return stopProblemAt(value, 'stop');
}

function stopProblemAt(value: unknown, path: string): Problem | undefined {
  if (typeof value === 'string') return value === '' ? { path, message: 'must not be empty' } : undefined;
  if (!Array.isArray(value)) return { path, message: 'must be a string or an array of strings' };
  if (value.length > MOST_STOPS) return { path, message: `must have at most ${MOST_STOPS} texts` };
  const bad = value.findIndex((text) => typeof text !== 'string' || text === '');
  return bad < 0 ? undefined : { path: `${path}[${bad}]`, message: 'must be a string that is not empty' };
}

/** What is wrong with `stream_options`. */
export function streamOptionsProblem(value: unknown): Problem | undefined {
  const path = 'stream_options';
  if (!isObject(value)) return { path, message: 'must be an object' };
  for (const name of ['include_usage', 'include_obfuscation', 'include_prompt_usage']) {
    const option = value[name];
    if (!isUnset(option) && typeof option !== 'boolean')
      return { path: `${path}.${name}`, message: 'must be a boolean' };
  }
  return undefined;
}

/** What is wrong with `stream_options` in the light of `stream`. */
export function streamOptionsConflict(request: { stream?: unknown; stream_options?: unknown }): Problem | undefined {
  if (isUnset(request.stream_options) || request.stream === true) return undefined;
  return { path: 'stream_options', message: 'can only be used with stream: true' };
}

/** What is wrong with `logit_bias`. */
export function logitBiasProblem(value: unknown): Problem | undefined {
  const path = 'logit_bias';
  if (!isObject(value)) return { path, message: 'must be an object of token ids and biases' };
  const entries = Object.entries(value);
  if (entries.length > MOST_BIASES) return { path, message: `must have at most ${MOST_BIASES} tokens` };
  for (const [token, bias] of entries) {
    if (!/^\d{1,9}$/.test(token)) return { path: `${path}.${token.slice(0, 40)}`, message: 'must be a token id' };
    if (typeof bias !== 'number' || !Number.isFinite(bias) || Math.abs(bias) > MOST_BIAS)
      return { path: `${path}.${token}`, message: `must be a number from -${MOST_BIAS} to ${MOST_BIAS}` };
  }
  return undefined;
}

/** What is wrong with `metadata`: up to 16 short texts, as at OpenAI. */
export function metadataProblem(value: unknown): Problem | undefined {
  const path = 'metadata';
  if (!isObject(value)) return { path, message: 'must be an object of texts' };
  const entries = Object.entries(value);
  if (entries.length > MOST_METADATA) return { path, message: `must have at most ${MOST_METADATA} entries` };
  for (const [key, text] of entries) {
    if (key.length > 64) return { path, message: 'must have keys of at most 64 characters' };
    if (typeof text !== 'string' || text.length > MOST_METADATA_VALUE)
      return { path: `${path}.${key}`, message: `must be a string of at most ${MOST_METADATA_VALUE} characters` };
  }
  return undefined;
}

/** Every number has its unit, so that there is one way to read it: else the time of a match would have no bound. */
const DURATION = /^-?(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/;
const SECONDS = /^-?\d+(?:\.\d+)?$/;
const LONGEST_DURATION = 64;

/** The forms of `keep_alive`, as JSON schemas. */
export const KEEP_ALIVE_FORMS = [
  { type: 'string', maxLength: LONGEST_DURATION, pattern: `${DURATION.source}|${SECONDS.source}` },
  { type: 'number' },
];

/** What is wrong with `keep_alive`: seconds, or a duration such as `5m`. */
export function keepAliveProblem(value: unknown): Problem | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return undefined;
  if (typeof value === 'string' && value.length <= LONGEST_DURATION && (DURATION.test(value) || SECONDS.test(value)))
    return undefined;
  return { path: 'keep_alive', message: "must be seconds, or a duration such as '5m'" };
}

/** What is wrong with `chat_template_kwargs`. */
export function templateOptionsProblem(value: unknown): Problem | undefined {
  return isObject(value) ? undefined : { path: 'chat_template_kwargs', message: 'must be an object' };
}

type Range = readonly [min: number, max: number];

const MOST_INTEGER = 2 ** 31 - 1;

/** Ollama's `options` that are carried out: whole numbers. */
const WHOLE_OPTIONS = new Map<string, Range>([
  ['num_predict', [-2, MOST_INTEGER]],
  ['num_ctx', [1, MOST_INTEGER]],
  ['top_k', [0, MOST_INTEGER]],
  ['seed', [-(2 ** 31), 2 ** 32 - 1]],
  ['repeat_last_n', [-1, MOST_INTEGER]],
]);
/** Ollama's `options` that are carried out: numbers. */
const NUMBER_OPTIONS = new Map<string, Range>([
  ['temperature', [0, 2]],
  ['top_p', [0, 1]],
  ['min_p', [0, 1]],
  ['repeat_penalty', [0.01, 10]],
  ['presence_penalty', [-2, 2]],
  ['frequency_penalty', [-2, 2]],
]);

interface OptionSchema {
  readonly type: string;
  readonly nullable: boolean;
  readonly minimum: number;
  readonly maximum: number;
}

function optionSchemas(type: string, options: ReadonlyMap<string, Range>): Record<string, OptionSchema> {
  const entries = [...options].map(([name, [minimum, maximum]]) => [name, { type, nullable: true, minimum, maximum }]);
  return Object.fromEntries(entries) as Record<string, OptionSchema>;
}

/** Ollama's `options` that are carried out, as JSON schemas: name -> schema. */
export const RUNTIME_OPTIONS = {
  ...optionSchemas('integer', WHOLE_OPTIONS),
  ...optionSchemas('number', NUMBER_OPTIONS),
  stop: {
    nullable: true,
    oneOf: [
      { type: 'string', minLength: 1 },
      { type: 'array', maxItems: MOST_STOPS, items: { type: 'string', minLength: 1 } },
    ],
  },
};

function optionProblem(option: unknown, path: string, name: string): Problem | undefined {
  if (name === 'stop') return stopProblemAt(option, path);
  const whole = WHOLE_OPTIONS.get(name);
  const range = whole ?? NUMBER_OPTIONS.get(name);
  if (!range) return undefined;
  const [min, max] = range;
  const isNumber = whole ? Number.isInteger(option) : Number.isFinite(option);
  if (isNumber && (option as number) >= min && (option as number) <= max) return undefined;
  return { path, message: `must be ${whole ? 'an integer' : 'a number'} from ${min} to ${max}` };
}

/** What is wrong with Ollama's `options`. Names that are unknown here are left to the runtime. */
export function runtimeOptionsProblem(value: unknown): Problem | undefined {
  const path = 'options';
  if (!isObject(value)) return { path, message: 'must be an object' };
  for (const [name, option] of Object.entries(value)) {
    const problem = isUnset(option) ? undefined : optionProblem(option, `${path}.${name}`, name);
    if (problem) return problem;
  }
  return undefined;
}
