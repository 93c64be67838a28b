import type { Problem } from '../validation/located.constraint.js';
import { choiceProblem, isObject, isUnset, textProblem } from '../validation/value.policy.js';

type Fields = Record<string, unknown>;

/** What runtimes let a function be called; Anthropic allows some more. */
const NAME = /^[\w-]{1,64}$/;
const MOST_TOOLS = 128;
const CHOICES: readonly string[] = ['auto', 'any', 'tool', 'none'];

function toolProblem(tool: unknown, path: string, names: Set<unknown>): Problem | undefined {
  if (!isObject(tool)) return { path, message: 'must be an object' };
  const { type, name, input_schema: schema, strict } = tool;
  if (!isUnset(type) && type !== 'custom')
    return {
      path: `${path}.type`,
      message:
        "must be 'custom' or left out: Anthropic's own tools (web search, code execution, bash, text editor, computer, memory) do not run here; describe a tool of yours with input_schema instead",
    };
  if (typeof name !== 'string' || !NAME.test(name))
    return { path: `${path}.name`, message: 'must be 1 to 64 letters, digits, underscores or dashes' };
  if (names.has(name)) return { path: `${path}.name`, message: 'is the name of another tool already' };
  names.add(name);
  if (!isObject(schema)) return { path: `${path}.input_schema`, message: 'must be an object: a JSON schema' };
  if (schema['type'] !== 'object') return { path: `${path}.input_schema.type`, message: "must be 'object'" };
  if (!isUnset(strict) && typeof strict !== 'boolean') return { path: `${path}.strict`, message: 'must be a boolean' };
  return textProblem(tool['description'], `${path}.description`);
}

/** What is wrong with `tools` of the Anthropic API. */
export function anthropicToolsProblem(value: unknown): Problem | undefined {
  const path = 'tools';
  if (!Array.isArray(value)) return { path, message: 'must be an array of tools' };
  if (value.length > MOST_TOOLS) return { path, message: `must have at most ${MOST_TOOLS} tools` };
  const names = new Set<unknown>();
  for (let index = 0; index < value.length; index += 1) {
    const problem = toolProblem(value[index], `${path}[${index}]`, names);
    if (problem) return problem;
  }
  return undefined;
}

/** What is wrong with `tool_choice` of the Anthropic API. */
export function anthropicToolChoiceProblem(value: unknown): Problem | undefined {
  const path = 'tool_choice';
  if (!isObject(value)) return { path, message: 'must be an object with a type' };
  const { type, name, disable_parallel_tool_use: single } = value;
  const problem = choiceProblem(type, `${path}.type`, CHOICES);
  if (problem) return problem;
  if (!isUnset(single) && typeof single !== 'boolean')
    return { path: `${path}.disable_parallel_tool_use`, message: 'must be a boolean' };
  if ((type === 'tool' || name !== undefined) && typeof name !== 'string')
    return { path: `${path}.name`, message: 'must be a string' };
  return undefined;
}

/** What is wrong with the choice in the light of the tools there are. */
export function anthropicToolChoiceConflict(body: Readonly<Fields>): Problem | undefined {
  const { tools, tool_choice: choice } = body;
  if (isUnset(choice)) return undefined;
  const { type, name } = choice as Fields;
  const names = Array.isArray(tools) ? tools.map((tool: Fields) => tool['name']) : [];
  if (type === 'any' && names.length === 0)
    return { path: 'tool_choice', message: "can only be 'any' when tools are given" };
  if (type === 'tool' && !names.includes(name))
    return { path: 'tool_choice.name', message: `names '${String(name)}', which is not among the tools` };
  return undefined;
}
