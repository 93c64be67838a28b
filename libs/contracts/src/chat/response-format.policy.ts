import type { Problem } from '../validation/located.constraint.js';
import { choiceProblem, isObject, isUnset, textProblem } from '../validation/value.policy.js';

const NAME = /^[\w-]{1,64}$/;

/** What is wrong with a named JSON schema of `response_format` or `text.format`. */
export function namedSchemaProblem(value: unknown, path: string): Problem | undefined {
  if (!isObject(value)) return { path, message: 'must be an object with name and schema' };
  const { name, schema, strict } = value;
  if (typeof name !== 'string' || !NAME.test(name))
    return { path: `${path}.name`, message: 'must be 1 to 64 letters, digits, underscores or dashes' };
  if (!isObject(schema)) return { path: `${path}.schema`, message: 'must be an object: a JSON schema' };
  if (!isUnset(strict) && typeof strict !== 'boolean') return { path: `${path}.strict`, message: 'must be a boolean' };
  return textProblem(value['description'], `${path}.description`);
}

/** What is wrong with `response_format`. */
export function responseFormatProblem(value: unknown): Problem | undefined {
  const path = 'response_format';
  if (!isObject(value)) return { path, message: 'must be an object with a type' };
  const problem = choiceProblem(value['type'], `${path}.type`, ['text', 'json_object', 'json_schema']);
  if (problem || value['type'] !== 'json_schema') return problem;
  return namedSchemaProblem(value['json_schema'], `${path}.json_schema`);
}
