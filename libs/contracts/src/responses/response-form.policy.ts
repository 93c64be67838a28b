import { namedSchemaProblem } from '../chat/response-format.policy.js';
import type { Problem } from '../validation/located.constraint.js';
import { choiceProblem, isObject, isUnset } from '../validation/value.policy.js';

const FORMATS: readonly string[] = ['text', 'json_object', 'json_schema'];
/** Likelihoods are given; thoughts come in clear, which serves what encrypted ones are for. */
const INCLUDED: readonly string[] = ['message.output_text.logprobs', 'reasoning.encrypted_content'];
const NO_SUMMARIES = 'no local model writes summaries; the thoughts themselves come as reasoning_text';

function optionalChoice(value: unknown, path: string, choices: readonly string[]): Problem | undefined {
  return isUnset(value) ? undefined : choiceProblem(value, path, choices);
}

/** What is wrong with `text`: the form of the answer. */
export function responseTextProblem(value: unknown): Problem | undefined {
  const path = 'text';
  if (!isObject(value)) return { path, message: 'must be an object with a format' };
  const { format, verbosity } = value;
  if (!isUnset(verbosity) && verbosity !== 'medium')
    return { path: `${path}.verbosity`, message: "can only be 'medium': local models have no such setting" };
  if (isUnset(format)) return undefined;
  if (!isObject(format)) return { path: `${path}.format`, message: 'must be an object with a type' };
  const problem = choiceProblem(format['type'], `${path}.format.type`, FORMATS);
  if (problem || format['type'] !== 'json_schema') return problem;
  return namedSchemaProblem(format, `${path}.format`);
}

/** What is wrong with `reasoning`. @param efforts those that there are */
export function reasoningProblem(value: unknown, efforts: readonly string[]): Problem | undefined {
  const path = 'reasoning';
  if (!isObject(value)) return { path, message: 'must be an object' };
  for (const name of ['summary', 'generate_summary']) {
    if (!isUnset(value[name]) && value[name] !== 'auto')
      return { path: `${path}.${name}`, message: `can only be 'auto': ${NO_SUMMARIES}` };
  }
  return (
    optionalChoice(value['effort'], `${path}.effort`, efforts) ??
    optionalChoice(value['context'], `${path}.context`, ['auto', 'all_turns']) ??
    optionalChoice(value['mode'], `${path}.mode`, ['standard'])
  );
}

/** What is wrong with `include`, in a body or in a query. */
export function includeProblem(value: unknown): Problem | undefined {
  const path = 'include';
  if (!Array.isArray(value)) return { path, message: 'must be an array' };
  for (let index = 0; index < value.length; index += 1) {
    const problem = choiceProblem(value[index], `${path}[${index}]`, INCLUDED);
    if (problem) return { ...problem, message: `${problem.message}; there is nothing else to include here` };
  }
  return undefined;
}
