import { FUNCTION_NAME, MOST_TOOLS, functionProblem } from '../chat/chat-tools.policy.js';
import type { Problem } from '../validation/located.constraint.js';
import { choiceProblem, isObject, textProblem } from '../validation/value.policy.js';

/** Of a function, its namespace included. */
const LONGEST_NAME = 64;
const MODES: readonly string[] = ['none', 'auto', 'required'];

/** Tools of OpenAI's servers that agents offer as a matter of course, and do without where they are not there. */
export const HOSTED_TOOLS = [
  'web_search',
  'web_search_2025_08_26',
  'web_search_preview',
  'web_search_preview_2025_03_11',
  'image_generation',
] as const;

/** A tool that can be left out beside functions. */
export type HostedToolType = (typeof HOSTED_TOOLS)[number];

type Fields = Record<string, unknown>;

function isHosted(tool: unknown): boolean {
  return isObject(tool) && HOSTED_TOOLS.some((type) => type === tool['type']);
}

/** What a function of a namespace is called in a chat, where names have no parts. */
export function joinedName(namespace: string | null | undefined, name: string): string {
  return namespace ? `${namespace}__${name}` : name;
}

function flatFunctionProblem(
  tool: Fields,
  at: string,
  { names, within }: { names: Set<string>; within?: string },
): Problem | undefined {
  if (isObject(tool['function']))
    return { path: `${at}.function`, message: 'is the form of chats: name and parameters stand in the tool itself' };
  const problem = functionProblem(tool, at);
  if (problem) return problem;
  const name = joinedName(within, String(tool['name']));
  if (!FUNCTION_NAME.test(name))
    return {
      path: `${at}.name`,
      message: `must have at most ${LONGEST_NAME - (within ?? '').length - 2} characters in this namespace`,
    };
  if (names.has(name)) return { path: `${at}.name`, message: 'is the name of another tool already' };
  names.add(name);
  return undefined;
}

function namespaceProblem(tool: Fields, at: string, names: Set<string>): Problem | undefined {
  const { name, tools } = tool;
  if (typeof name !== 'string' || !FUNCTION_NAME.test(name))
    return { path: `${at}.name`, message: 'must be 1 to 64 letters, digits, underscores or dashes' };
  const described = textProblem(tool['description'], `${at}.description`);
  if (described) return described;
  if (!Array.isArray(tools)) return { path: `${at}.tools`, message: 'must be an array of functions' };
  for (let index = 0; index < tools.length; index += 1) {
    const inner: unknown = tools[index];
    const path = `${at}.tools[${index}]`;
    if (!isObject(inner)) return { path, message: 'must be an object' };
    if (inner['type'] !== 'function')
      return { path: `${path}.type`, message: "must be 'function'; local models have no other tools" };
    const problem = flatFunctionProblem(inner, path, { names, within: name });
    if (problem) return problem;
  }
  return undefined;
}

function toolProblem(
  tool: unknown,
  at: string,
  { names, mayOmit }: { names: Set<string>; mayOmit: boolean },
): Problem | undefined {
  if (!isObject(tool)) return { path: at, message: 'must be an object' };
  if (tool['type'] === 'namespace') return namespaceProblem(tool, at, names);
  if (tool['type'] === 'function') return flatFunctionProblem(tool, at, { names });
  // Beside functions it is an offer that no model takes up. Alone it is what the request is about.
  if (mayOmit && isHosted(tool)) return undefined;
  return {
    path: `${at}.type`,
    message:
      "must be 'function' or 'namespace'; there are no built-in tools here: offer a function and run it yourself",
  };
}

/**
 * What is wrong with `tools`: functions in the flat form of this API, also in namespaces. Searching the web and making
 * images may be offered beside them, and are left out.
 */
export function responseToolsProblem(value: unknown): Problem | undefined {
  const path = 'tools';
  if (!Array.isArray(value)) return { path, message: 'must be an array of tools' };
  if (value.length > MOST_TOOLS) return { path, message: `must have at most ${MOST_TOOLS} tools` };
  const names = new Set<string>();
  const mayOmit = value.some((tool) => isObject(tool) && (tool['type'] === 'function' || tool['type'] === 'namespace'));
  for (let index = 0; index < value.length; index += 1) {
    const problem = toolProblem(value[index], `${path}[${index}]`, { names, mayOmit });
    if (problem) return problem;
  }
  return names.size > MOST_TOOLS ? { path, message: `must have at most ${MOST_TOOLS} functions` } : undefined;
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
  tools: readonly { type: string; name?: string }[],
): Problem | undefined {
  const names = tools.flatMap(({ type, name }) => (type === 'function' && name !== undefined ? [name] : []));
  const some = tools.some(({ type }) => type === 'function' || type === 'namespace');
  const unknown = (name: string, path: string): Problem | undefined =>
    names.includes(name) ? undefined : { path, message: `names '${name}', which is not among the tools` };
  if (typeof choice === 'string') {
    return choice === 'required' && !some
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
