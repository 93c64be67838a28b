import type { Problem } from '../validation/located.constraint.js';
import { choiceProblem, isObject, isUnset, textProblem } from '../validation/value.policy.js';

type Fields = Record<string, unknown>;

const ROLES: readonly string[] = ['user', 'assistant', 'system'];
const IMAGE_TYPES: readonly string[] = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
/** Blocks that stand for what Anthropic's own servers did or keep. */
const SERVER_BLOCK = /^(?:server_tool_use|container_upload|mcp_tool_use|.+_tool_result)$/;

/** Which blocks a content may have. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  user: ['text', 'image', 'document', 'tool_result'],
  assistant: ['text', 'thinking', 'redacted_thinking', 'tool_use'],
  system: ['text'],
  tool_result: ['text', 'image', 'document'],
  document: ['text', 'image'],
};

function needText(value: unknown, path: string): Problem | undefined {
  return typeof value === 'string' ? undefined : { path, message: 'must be a string' };
}

function needName(value: unknown, path: string): Problem | undefined {
  return typeof value === 'string' && value !== ''
    ? undefined
    : { path, message: 'must be a string that is not empty' };
}

function imageProblem(block: Fields, path: string): Problem | undefined {
  const { source } = block;
  const at = `${path}.source`;
  if (!isObject(source)) return { path: at, message: 'must be an object' };
  if (source['type'] !== 'base64')
    return { path: `${at}.type`, message: "must be 'base64': images are not fetched from the network or from a store" };
  const { data } = source;
  return (
    choiceProblem(source['media_type'], `${at}.media_type`, IMAGE_TYPES) ??
    (typeof data === 'string' && BASE64.test(data) ? undefined : { path: `${at}.data`, message: 'must be base64' })
  );
}

function documentProblem(block: Fields, path: string): Problem | undefined {
  const { source } = block;
  const at = `${path}.source`;
  const described = textProblem(block['title'], `${path}.title`) ?? textProblem(block['context'], `${path}.context`);
  if (described) return described;
  if (!isObject(source)) return { path: at, message: 'must be an object' };
  if (source['type'] === 'text') return needText(source['data'], `${at}.data`);
  if (source['type'] === 'content') return contentProblem(source['content'], `${at}.content`, 'document');
  return { path: `${at}.type`, message: "must be 'text' or 'content': local models read no PDF; send its text" };
}

function toolUseProblem(block: Fields, path: string, ids: Set<string>): Problem | undefined {
  const { id, name, input } = block;
  const problem = needName(id, `${path}.id`) ?? needName(name, `${path}.name`);
  if (problem) return problem;
  ids.add(id as string);
  return isObject(input) ? undefined : { path: `${path}.input`, message: 'must be an object' };
}

function toolResultProblem(block: Fields, path: string, ids: ReadonlySet<string>): Problem | undefined {
  const { tool_use_id: id, content, is_error: isError } = block;
  const problem = needName(id, `${path}.tool_use_id`);
  if (problem) return problem;
  if (!ids.has(id as string))
    return { path: `${path}.tool_use_id`, message: 'is no id of a tool_use block in an assistant message before it' };
  if (!isUnset(isError) && typeof isError !== 'boolean')
    return { path: `${path}.is_error`, message: 'must be a boolean' };
  return isUnset(content) ? undefined : contentProblem(content, `${path}.content`, 'tool_result', true);
}

function blockProblem(block: unknown, path: string, place: string, ids: Set<string>): Problem | undefined {
  if (!isObject(block)) return { path, message: 'must be an object' };
  const { type } = block;
  const known = KNOWN[place] ?? [];
  if (typeof type !== 'string' || !known.includes(type)) {
    const server = typeof type === 'string' && type !== 'tool_result' && SERVER_BLOCK.test(type);
    const rest = server ? ': server tools do not run here' : '';
    return { path: `${path}.type`, message: `must be one of ${known.map((name) => `'${name}'`).join(', ')}${rest}` };
  }
  switch (type) {
    case 'text':
      return needText(block['text'], `${path}.text`);
    case 'thinking':
      return needText(block['thinking'], `${path}.thinking`);
    case 'image':
      return imageProblem(block, path);
    case 'document':
      return documentProblem(block, path);
    case 'tool_use':
      return toolUseProblem(block, path, ids);
    case 'tool_result':
      return toolResultProblem(block, path, ids);
    default:
      return undefined;
  }
}

function blocksProblem(
  content: unknown,
  { path, place, mayBeEmpty = false }: { path: string; place: string; mayBeEmpty?: boolean },
  ids: Set<string>,
): Problem | undefined {
  if (typeof content === 'string') return undefined;
  if (!Array.isArray(content)) return { path, message: 'must be a string or an array of blocks' };
  if (content.length === 0 && !mayBeEmpty) return { path, message: 'must have at least one block' };
  for (let index = 0; index < content.length; index += 1) {
    const problem = blockProblem(content[index], `${path}[${index}]`, place, ids);
    if (problem) return problem;
  }
  return undefined;
}

function contentProblem(content: unknown, path: string, place: string, mayBeEmpty = false): Problem | undefined {
  return blocksProblem(content, { path, place, mayBeEmpty }, new Set());
}

/** What is wrong with `system`: a text, or text blocks. */
export function systemProblem(value: unknown): Problem | undefined {
  return contentProblem(value, 'system', 'system', true);
}

/** The first thing that is wrong with the `messages` of the Anthropic API, with its exact path, or undefined. */
export function anthropicMessagesProblem(value: unknown): Problem | undefined {
  const path = 'messages';
  if (!Array.isArray(value)) return { path, message: 'must be an array of messages' };
  if (value.length === 0) return { path, message: 'must have at least one message' };
  const ids = new Set<string>();
  for (let index = 0; index < value.length; index += 1) {
    const message: unknown = value[index];
    const at = `${path}[${index}]`;
    if (!isObject(message)) return { path: at, message: 'must be an object with role and content' };
    const { role, content } = message;
    const problem =
      choiceProblem(role, `${at}.role`, ROLES) ??
      blocksProblem(content, { path: `${at}.content`, place: String(role) }, ids);
    if (problem) return problem;
  }
  return undefined;
}
