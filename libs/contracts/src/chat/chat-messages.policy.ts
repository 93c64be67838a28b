import type { Problem } from '../validation/located.constraint.js';
import { choiceProblem, isObject, isUnset, textProblem } from '../validation/value.policy.js';

const ROLES: readonly string[] = ['system', 'developer', 'user', 'assistant', 'tool'];
/** What parts a message may have, besides text alone. */
const PARTS: Readonly<Record<string, string>> = {
  user: "'text' or 'image_url'",
  assistant: "'text' or 'refusal'",
};
/** Formats that the image decoders of local runtimes read. */
const IMAGE_URL = /^data:image\/(?:png|jpe?g|webp|gif|bmp);base64,[A-Za-z0-9+/]+={0,2}$/;
const NETWORK_URL = /^https?:/i;
const MOST_NAME = 256;

type Fields = Record<string, unknown>;

/** What is wrong with the address of an image: only images that come within the request are seen. */
export function imageUrlProblem(url: unknown, path: string): Problem | undefined {
  if (typeof url !== 'string') return { path, message: 'must be a string' };
  if (NETWORK_URL.test(url)) return { path, message: 'must be a data URL: images are not fetched from the network' };
  if (IMAGE_URL.test(url)) return undefined;
  return { path, message: 'must be a data URL like data:image/png;base64,... (png, jpeg, webp, gif or bmp)' };
}

/** What is wrong with the optional `detail` of an image. */
export function imageDetailProblem(detail: unknown, path: string): Problem | undefined {
  return isUnset(detail) ? undefined : choiceProblem(detail, path, ['auto', 'low', 'high', 'original']);
}

function imageProblem(part: Fields, path: string): Problem | undefined {
  const image = part['image_url'];
  if (!isObject(image)) return { path: `${path}.image_url`, message: 'must be an object with the url of the image' };
  return (
    imageUrlProblem(image['url'], `${path}.image_url.url`) ??
    imageDetailProblem(image['detail'], `${path}.image_url.detail`)
  );
}

function partProblem(part: unknown, path: string, role: string): Problem | undefined {
  if (!isObject(part)) return { path, message: 'must be an object' };
  const { type } = part;
  if (type === 'text')
    return typeof part['text'] === 'string' ? undefined : { path: `${path}.text`, message: 'must be a string' };
  if (type === 'image_url' && role === 'user') return imageProblem(part, path);
  if (type === 'refusal' && role === 'assistant')
    return typeof part['refusal'] === 'string' ? undefined : { path: `${path}.refusal`, message: 'must be a string' };
  const known = PARTS[role] ?? "'text'";
  return {
    path: `${path}.type`,
    message: `must be ${known} in a message of role ${role}; local models take no others`,
  };
}

function contentProblem(content: unknown, path: string, role: string): Problem | undefined {
  if (typeof content === 'string') return undefined;
  if (!Array.isArray(content)) return { path, message: 'must be a string or an array of parts' };
  if (content.length === 0) return { path, message: 'must have at least one part' };
  for (let index = 0; index < content.length; index += 1) {
    const problem = partProblem(content[index], `${path}[${index}]`, role);
    if (problem) return problem;
  }
  return undefined;
}

function callProblem(call: unknown, path: string, ids: Set<string>): Problem | undefined {
  if (!isObject(call)) return { path, message: 'must be an object' };
  const { id, type, function: called } = call;
  if (typeof id !== 'string' || id === '') return { path: `${path}.id`, message: 'must be a string that is not empty' };
  if (!isUnset(type) && type !== 'function') return { path: `${path}.type`, message: "must be 'function'" };
  if (!isObject(called)) return { path: `${path}.function`, message: 'must be an object with name and arguments' };
  if (typeof called['name'] !== 'string' || called['name'] === '')
    return { path: `${path}.function.name`, message: 'must be a string that is not empty' };
  if (typeof called['arguments'] !== 'string')
    return { path: `${path}.function.arguments`, message: 'must be a string with JSON' };
  ids.add(id);
  return undefined;
}

function callsProblem(calls: unknown, path: string, ids: Set<string>): Problem | undefined {
  if (!Array.isArray(calls) || calls.length === 0) return { path, message: 'must be an array with at least one call' };
  for (let index = 0; index < calls.length; index += 1) {
    const problem = callProblem(calls[index], `${path}[${index}]`, ids);
    if (problem) return problem;
  }
  return undefined;
}

function assistantProblem(message: Fields, path: string, ids: Set<string>): Problem | undefined {
  const { content, tool_calls: calls, refusal } = message;
  if (!isUnset(message['function_call']))
    return { path: `${path}.function_call`, message: 'is the old form: use tool_calls' };
  if (!isUnset(message['audio']))
    return { path: `${path}.audio`, message: 'is not supported: no local model can do it; send the text as content' };
  const problem =
    textProblem(message['reasoning_content'], `${path}.reasoning_content`) ??
    textProblem(refusal, `${path}.refusal`) ??
    (isUnset(calls) ? undefined : callsProblem(calls, `${path}.tool_calls`, ids));
  if (problem) return problem;
  // An answer that only called tools, or refused, has no content.
  if (isUnset(content) && !(isUnset(calls) && isUnset(refusal))) return undefined;
  return contentProblem(content, `${path}.content`, 'assistant');
}

function toolProblem(message: Fields, path: string, ids: ReadonlySet<string>): Problem | undefined {
  const id = message['tool_call_id'];
  const at = `${path}.tool_call_id`;
  if (typeof id !== 'string' || id === '') return { path: at, message: 'must be the id of the call that it answers' };
  if (!ids.has(id)) return { path: at, message: 'is no id of a tool call in an assistant message before it' };
  return contentProblem(message['content'], `${path}.content`, 'tool');
}

function messageProblem(message: unknown, path: string, ids: Set<string>): Problem | undefined {
  if (!isObject(message)) return { path, message: 'must be an object with role and content' };
  const { role } = message;
  if (role === 'function')
    return { path: `${path}.role`, message: "is the old form: use 'tool' with the tool_call_id of the call" };
  const problem = choiceProblem(role, `${path}.role`, ROLES) ?? textProblem(message['name'], `${path}.name`, MOST_NAME);
  if (problem) return problem;
  if (role === 'assistant') return assistantProblem(message, path, ids);
  if (role === 'tool') return toolProblem(message, path, ids);
  return contentProblem(message['content'], `${path}.content`, String(role));
}

/**
 * The first thing that is wrong with the `messages` of a chat, with its exact path, or undefined.
 * One walk over plain objects: nested DTO instances cost about 12 us for each message.
 */
export function chatMessagesProblem(value: unknown): Problem | undefined {
  const path = 'messages';
  if (!Array.isArray(value)) return { path, message: 'must be an array of messages' };
  if (value.length === 0) return { path, message: 'must have at least one message' };
  const ids = new Set<string>();
  for (let index = 0; index < value.length; index += 1) {
    const problem = messageProblem(value[index], `${path}[${index}]`, ids);
    if (problem) return problem;
  }
  return undefined;
}
