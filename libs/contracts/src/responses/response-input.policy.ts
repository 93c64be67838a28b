import { imageDetailProblem, imageUrlProblem } from '../chat/chat-messages.policy.js';
import type { Problem } from '../validation/located.constraint.js';
import { choiceProblem, isObject, isUnset, textProblem } from '../validation/value.policy.js';

const ROLES: readonly string[] = ['user', 'assistant', 'system', 'developer'];
const STATUSES: readonly string[] = ['in_progress', 'completed', 'incomplete'];
const ITEM_TYPES = ['message', 'function_call', 'function_call_output', 'reasoning', 'item_reference'] as const;
const MOST_ID = 256;

type Fields = Record<string, unknown>;
type FindInPart = (part: Fields, path: string) => Problem | undefined;

function requiredText(value: unknown, path: string): Problem | undefined {
  return typeof value === 'string' && value !== ''
    ? textProblem(value, path, MOST_ID)
    : { path, message: 'must be a string that is not empty' };
}

function stringProblem(value: unknown, path: string): Problem | undefined {
  return typeof value === 'string' ? undefined : { path, message: 'must be a string' };
}

const textPart: FindInPart = (part, path) => stringProblem(part['text'], `${path}.text`);
const refusalPart: FindInPart = (part, path) => stringProblem(part['refusal'], `${path}.refusal`);
const imagePart: FindInPart = (part, path) => {
  if (!isUnset(part['file_id']))
    return { path: `${path}.file_id`, message: 'is not supported: there are no files here; send image_url' };
  return (
    imageUrlProblem(part['image_url'], `${path}.image_url`) ?? imageDetailProblem(part['detail'], `${path}.detail`)
  );
};

/** Who may say what. */
const USER_PARTS: Readonly<Record<string, FindInPart>> = { input_text: textPart, input_image: imagePart };
const SYSTEM_PARTS: Readonly<Record<string, FindInPart>> = { input_text: textPart };
const ASSISTANT_PARTS: Readonly<Record<string, FindInPart>> = { output_text: textPart, refusal: refusalPart };
const OUTPUT_PARTS = USER_PARTS;
const REASONING_PARTS: Readonly<Record<string, FindInPart>> = { reasoning_text: textPart };
const SUMMARY_PARTS: Readonly<Record<string, FindInPart>> = { summary_text: textPart };

function partsProblem(parts: unknown, path: string, known: Readonly<Record<string, FindInPart>>): Problem | undefined {
  if (!Array.isArray(parts)) return { path, message: 'must be an array of parts' };
  for (let index = 0; index < parts.length; index += 1) {
    const part: unknown = parts[index];
    const at = `${path}[${index}]`;
    if (!isObject(part)) return { path: at, message: 'must be an object' };
    const type = part['type'];
    const find = typeof type === 'string' && Object.hasOwn(known, type) ? known[type] : undefined;
    const names = Object.keys(known).map((name) => `'${name}'`);
    if (!find)
      return { path: `${at}.type`, message: `must be ${names.join(' or ')} here; local models take no others` };
    const problem = find(part, at);
    if (problem) return problem;
  }
  return undefined;
}

function contentProblem(
  content: unknown,
  path: string,
  known: Readonly<Record<string, FindInPart>>,
): Problem | undefined {
  if (typeof content === 'string') return undefined;
  if (!Array.isArray(content)) return { path, message: 'must be a string or an array of parts' };
  if (content.length === 0) return { path, message: 'must have at least one part' };
  return partsProblem(content, path, known);
}

function messageProblem(item: Fields, path: string): Problem | undefined {
  const { role } = item;
  const problem = choiceProblem(role, `${path}.role`, ROLES);
  if (problem) return problem;
  const known = role === 'user' ? USER_PARTS : role === 'assistant' ? ASSISTANT_PARTS : SYSTEM_PARTS;
  return contentProblem(item['content'], `${path}.content`, known);
}

function callProblem(item: Fields, path: string): Problem | undefined {
  return (
    requiredText(item['call_id'], `${path}.call_id`) ??
    requiredText(item['name'], `${path}.name`) ??
    textProblem(item['namespace'], `${path}.namespace`, MOST_ID) ??
    stringProblem(item['arguments'], `${path}.arguments`)
  );
}

function outputProblem(item: Fields, path: string): Problem | undefined {
  return (
    requiredText(item['call_id'], `${path}.call_id`) ?? contentProblem(item['output'], `${path}.output`, OUTPUT_PARTS)
  );
}

function reasoningProblem(item: Fields, path: string): Problem | undefined {
  const { content, summary, encrypted_content: sealed } = item;
  const problem =
    (isUnset(content) ? undefined : partsProblem(content, `${path}.content`, REASONING_PARTS)) ??
    (isUnset(summary) ? undefined : partsProblem(summary, `${path}.summary`, SUMMARY_PARTS));
  if (problem || isUnset(sealed)) return problem;
  // With the thoughts beside it there is nothing to decrypt.
  if (Array.isArray(content) && content.length > 0) return undefined;
  return {
    path: `${path}.encrypted_content`,
    message: 'cannot be read: it was made by another server; leave the item out',
  };
}

/** The type of an item; messages and references may come without one. */
function typeOf(item: Fields): unknown {
  if (!isUnset(item['type'])) return item['type'];
  return 'role' in item || !('id' in item) ? 'message' : 'item_reference';
}

function itemProblem(item: unknown, path: string): Problem | undefined {
  if (!isObject(item)) return { path, message: 'must be an object: a message, or another item' };
  const type = typeOf(item);
  const shared =
    textProblem(item['id'], `${path}.id`, MOST_ID) ??
    (isUnset(item['status']) ? undefined : choiceProblem(item['status'], `${path}.status`, STATUSES));
  if (shared) return shared;
  switch (type) {
    case 'message':
      return messageProblem(item, path);
    case 'function_call':
      return callProblem(item, path);
    case 'function_call_output':
      return outputProblem(item, path);
    case 'reasoning':
      return reasoningProblem(item, path);
    case 'item_reference':
      return requiredText(item['id'], `${path}.id`);
    default:
      return choiceProblem(type, `${path}.type`, ITEM_TYPES);
  }
}

/**
 * The first thing that is wrong with the `input` of a response, with its exact path, or undefined. Whether an output
 * has its call can only be seen together with the stored items before it.
 */
export function responseInputProblem(value: unknown): Problem | undefined {
  const path = 'input';
  if (typeof value === 'string') return value === '' ? { path, message: 'must not be empty' } : undefined;
  if (!Array.isArray(value)) return { path, message: 'must be a string or an array of items' };
  if (value.length === 0) return { path, message: 'must have at least one item' };
  for (let index = 0; index < value.length; index += 1) {
    const problem = itemProblem(value[index], `${path}[${index}]`);
    if (problem) return problem;
  }
  return undefined;
}
