import { MOST_TOOLS, functionProblem } from '../chat/chat-tools.policy.js';
import type { Problem } from '../validation/located.constraint.js';
import { choiceProblem, isObject } from '../validation/value.policy.js';

const MODES: readonly string[] = ['none', 'auto', 'required'];

/** What is wrong with `tools`: functions only, in the flat form of this API. */
export function responseToolsProblem(value: unknown): Problem | undefined {
  const path = 'tools';
  if (!Array.isArray(value)) return { path, message: 'must be an array of tools' };
  if (value.length > MOST_TOOLS) return { path, message: `must have at most ${MOST_TOOLS} tools` };
  const names = new Set<unknown>();
  for (let index = 0; index < value.length; index += 1) {
    const tool: unknown = value[index];
    const at = `${path}[${index}]`;
    if (!isObject(tool)) return { path: at, message: 'must be an object' };
    if (tool['type'] !== 'function') {
      return {
        path: `${at}.type`,
        message: "must be 'function'; there are no built-in tools here: offer a function and run it yourself",
      };
    }
    if (isObject(tool['function']))
      return { path: `${at}.function`, message: 'is the form of chats: name and parameters stand in the tool itself' };
    const problem = functionProblem(tool, at);
    if (problem) return problem;
    if (names.has(tool['name'])) return { path: `${at}.name`, message: 'is the name of another tool already' };
    names.add(tool['name']);
  }
  return undefined;
}

function namedFunctionProblem(value: unknown, path: string): Problem | undefined {
  if (!isObject(value)) return { path, message: 'must be an object that names a function' };
  if (value['type'] !== 'function') return { path: `${path}.type`, message: "must be 'function'" };
  return typeof value['name'] === 'string' ? undefined : { path: `${path}.name`, message: 'must be a string' };
}

function allowedToolsProblem(value: Record<string, unknown>, path: string): Problem | undefined {
  const problem = choiceProblem(value['mode'], `${path}.mode`, ['auto', 'required']);
  if (problem) return problem;
  const tools = value['tools'];
  if (!Array.isArray(tools) || tools.length === 0)
    return { path: `${path}.tools`, message: 'must be an array with at least one tool' };
  for (let index = 0; index < tools.length; index += 1) {
    const wrong = namedFunctionProblem(tools[index], `${path}.tools[${index}]`);
    if (wrong) return wrong;
  }
  return undefined;
}

/** What is wrong with `tool_choice`. */
export function responseToolChoiceProblem(value: unknown): Problem | undefined {
  const path = 'tool_choice';
  if (typeof value === 'string') return choiceProblem(value, path, MODES);
  if (!isObject(value)) return { path, message: 'must be none, auto, required or an object that names a function' };
  if (value['type'] === 'allowed_tools') return allowedToolsProblem(value, path);
  if (value['type'] === 'function') return namedFunctionProblem(value, path);
  return choiceProblem(value['type'], `${path}.type`, ['function', 'allowed_tools']);
}

/** What is wrong with a choice that was checked, in the light of the tools there are. */
export function responseToolChoiceConflict(
  choice:
    | string
    | { type: 'function'; name: string }
    | { type: 'allowed_tools'; tools: readonly { name: string }[] }
    | null
    | undefined,
  tools: readonly { name: string }[],
): Problem | undefined {
  const names = tools.map(({ name }) => name);
  const unknown = (name: string, path: string): Problem | undefined =>
    names.includes(name) ? undefined : { path, message: `names '${name}', which is not among the tools` };
  if (typeof choice === 'string') {
    return choice === 'required' && names.length === 0
      ? { path: 'tool_choice', message: "can only be 'required' when tools are given" }
      : undefined;
  }
  if (!choice) return undefined;
  if (choice.type === 'function') return unknown(choice.name, 'tool_choice.name');
  for (const [index, { name }] of choice.tools.entries()) {
    const problem = unknown(name, `tool_choice.tools[${index}].name`);
    if (problem) return problem;
  }
  return undefined;
}
