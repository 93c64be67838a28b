import type { Problem } from '../validation/located.constraint.js';
import { choiceProblem, isObject, isUnset, textProblem } from '../validation/value.policy.js';

/** What OpenAI lets a function be called. */
export const FUNCTION_NAME = /^[\w-]{1,64}$/;
/** Most tools of one request, as at OpenAI. */
export const MOST_TOOLS = 128;
const MODES: readonly string[] = ['none', 'auto', 'required'];

/** What is wrong with the description of a function: its name, parameters and the rest. */
export function functionProblem(value: unknown, path: string): Problem | undefined {
  if (!isObject(value)) return { path, message: 'must be an object with a name' };
  const { name, parameters, strict } = value;
  if (typeof name !== 'string' || !FUNCTION_NAME.test(name))
    return { path: `${path}.name`, message: 'must be 1 to 64 letters, digits, underscores or dashes' };
  if (!isUnset(parameters) && !isObject(parameters))
    return { path: `${path}.parameters`, message: 'must be an object: a JSON schema' };
  if (!isUnset(strict) && typeof strict !== 'boolean') return { path: `${path}.strict`, message: 'must be a boolean' };
  return textProblem(value['description'], `${path}.description`);
}

/** What is wrong with `tools`. */
export function toolsProblem(value: unknown): Problem | undefined {
  const path = 'tools';
  if (!Array.isArray(value)) return { path, message: 'must be an array of tools' };
  if (value.length > MOST_TOOLS) return { path, message: `must have at most ${MOST_TOOLS} tools` };
  const names = new Set<unknown>();
  for (let index = 0; index < value.length; index += 1) {
    const tool: unknown = value[index];
    const at = `${path}[${index}]`;
    if (!isObject(tool)) return { path: at, message: 'must be an object' };
    if (tool['type'] !== 'function')
      return { path: `${at}.type`, message: "must be 'function'; local models have no other tools" };
    const problem = functionProblem(tool['function'], `${at}.function`);
    if (problem) return problem;
    const { name } = tool['function'] as { name: string };
    if (names.has(name)) return { path: `${at}.function.name`, message: 'is the name of another tool already' };
    names.add(name);
  }
  return undefined;
}

/** What is wrong with `tool_choice`. */
export function toolChoiceProblem(value: unknown): Problem | undefined {
  const path = 'tool_choice';
  if (typeof value === 'string') return choiceProblem(value, path, MODES);
  if (!isObject(value)) return { path, message: 'must be none, auto, required or an object that names a function' };
  if (value['type'] !== 'function')
    return { path: `${path}.type`, message: "must be 'function'; to allow some tools only, send only those" };
  const chosen = value['function'];
  const name = isObject(chosen) ? chosen['name'] : undefined;
  return typeof name === 'string' ? undefined : { path: `${path}.function.name`, message: 'must be a string' };
}

/** What is wrong with the choice in the light of the tools there are. */
export function toolChoiceConflict(body: Readonly<Record<string, unknown>>): Problem | undefined {
  const { tools, tool_choice: choice } = body;
  if (isUnset(choice)) return undefined;
  const names = Array.isArray(tools) ? tools.map((tool: { function: { name: string } }) => tool.function.name) : [];
  if (typeof choice === 'string') {
    if (choice === 'required' && names.length === 0)
      return { path: 'tool_choice', message: "can only be 'required' when tools are given" };
    return undefined;
  }
  const { name } = (choice as { function: { name: string } }).function;
  return names.includes(name)
    ? undefined
    : { path: 'tool_choice.function.name', message: `names '${name}', which is not among the tools` };
}
