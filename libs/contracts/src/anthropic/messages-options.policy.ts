import type { Problem } from '../validation/located.constraint.js';
import { choiceProblem, isObject, isUnset, textProblem } from '../validation/value.policy.js';

const MOST_STOPS = 4;
const MOST_USER_ID = 1024;
/** Anthropic's own bound. */
const LEAST_BUDGET = 1024;

/** All efforts of `output_config`. */
const EFFORTS: readonly string[] = ['low', 'medium', 'high', 'xhigh', 'max'];

/** What is wrong with `stop_sequences`. */
export function stopSequencesProblem(value: unknown): Problem | undefined {
  const path = 'stop_sequences';
  if (!Array.isArray(value)) return { path, message: 'must be an array of strings' };
  if (value.length > MOST_STOPS) return { path, message: `must have at most ${MOST_STOPS} texts` };
  const bad = value.findIndex((text) => typeof text !== 'string' || text === '');
  return bad < 0 ? undefined : { path: `${path}[${bad}]`, message: 'must be a string that is not empty' };
}

/** What is wrong with `metadata` of the Anthropic API. */
export function userMetadataProblem(value: unknown): Problem | undefined {
  if (!isObject(value)) return { path: 'metadata', message: 'must be an object' };
  return textProblem(value['user_id'], 'metadata.user_id', MOST_USER_ID);
}

/** What is wrong with `thinking`. */
export function thinkingProblem(value: unknown): Problem | undefined {
  const path = 'thinking';
  if (!isObject(value)) return { path, message: 'must be an object with a type' };
  const { type, budget_tokens: budget, display } = value;
  const problem =
    choiceProblem(type, `${path}.type`, ['enabled', 'disabled', 'adaptive', 'between_tools']) ??
    (isUnset(display) ? undefined : choiceProblem(display, `${path}.display`, ['summarized', 'omitted']));
  if (problem || (type !== 'enabled' && budget === undefined)) return problem;
  if (Number.isInteger(budget) && (budget as number) >= LEAST_BUDGET) return undefined;
  return { path: `${path}.budget_tokens`, message: `must be an integer from ${LEAST_BUDGET}` };
}

/** What is wrong with a form of the answer: `output_config.format`, or `output_format` of the beta. */
export function outputFormatProblem(value: unknown, path: string): Problem | undefined {
  if (!isObject(value)) return { path, message: 'must be an object with type and schema' };
  if (value['type'] !== 'json_schema') return { path: `${path}.type`, message: "must be 'json_schema'" };
  return isObject(value['schema'])
    ? undefined
    : { path: `${path}.schema`, message: 'must be an object: a JSON schema' };
}

/** What is wrong with `output_config`. */
export function outputConfigProblem(value: unknown): Problem | undefined {
  const path = 'output_config';
  if (!isObject(value)) return { path, message: 'must be an object' };
  const { effort, format } = value;
  return (
    (isUnset(effort) ? undefined : choiceProblem(effort, `${path}.effort`, EFFORTS)) ??
    (isUnset(format) ? undefined : outputFormatProblem(format, `${path}.format`))
  );
}

/** Anthropic's parameters that are not carried out, and what to do instead. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  container: 'is not supported: there are no containers here',
  mcp_servers: 'is not supported: connect to MCP servers from your program, and give their tools as tools',
  fallbacks: 'is not supported: set fallbacks for the model in the catalog',
  thread: 'is not supported: no conversation is kept here; send all of its messages each time',
  inference_geo: 'is not supported: models run where this system runs',
};

/** The first parameter that asks for something that cannot be done here. */
export function unsupportedAnthropicProblem(body: Readonly<Record<string, unknown>>): Problem | undefined {
  for (const [path, message] of Object.entries(UNSUPPORTED)) {
    const value = body[path];
    if (!isUnset(value) && !(Array.isArray(value) && value.length === 0))
      return { path, message: `${message}; leave it out` };
  }
  return undefined;
}
