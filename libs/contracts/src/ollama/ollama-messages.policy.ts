import { FUNCTION_NAME } from '../chat/chat-tools.policy.js';
import type { Problem } from '../validation/located.constraint.js';
import { choiceProblem, isObject, isUnset, textProblem } from '../validation/value.policy.js';

const ROLES: readonly string[] = ['system', 'user', 'assistant', 'tool'];
/** Raw base64, with line breaks or without. */
const BASE64 = /^[A-Za-z0-9+/\r\n]+={0,2}[\r\n]*$/;

type Fields = Record<string, unknown>;

const TEXT = { type: 'string', nullable: true };
/** An image, as a JSON schema. */
export const IMAGE_FORM = { type: 'string', format: 'byte', pattern: BASE64.source };

const CALL = {
  type: 'object',
  required: ['function'],
  properties: {
    id: TEXT,
    function: {
      type: 'object',
      required: ['name'],
      properties: { name: { type: 'string', minLength: 1 }, arguments: { type: 'object', nullable: true } },
    },
  },
};

/** A message of a chat, as a JSON schema. */
export const MESSAGE_FORM = {
  type: 'object',
  required: ['role'],
  properties: {
    role: { type: 'string', description: 'system, user, assistant or tool, in any case' },
    content: TEXT,
    thinking: TEXT,
    images: { type: 'array', nullable: true, items: IMAGE_FORM },
    tool_calls: { type: 'array', nullable: true, items: CALL, description: 'Of an assistant' },
    tool_name: { ...TEXT, description: 'Of a tool: the function that it answers' },
    tool_call_id: { ...TEXT, description: 'Of a tool: the call that it answers' },
  },
};

/** A tool that a model may call, as a JSON schema; without a type it is a function. */
export const TOOL_FORM = {
  type: 'object',
  required: ['function'],
  properties: {
    type: { type: 'string', nullable: true, enum: ['function'] },
    function: {
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string', pattern: FUNCTION_NAME.source },
        description: TEXT,
        parameters: { type: 'object', nullable: true, description: 'JSON schema of the arguments' },
        strict: { type: 'boolean', nullable: true },
      },
    },
  },
};

/** What is wrong with `images`: raw base64 texts. */
export function imagesProblem(value: unknown, path: string): Problem | undefined {
  if (isUnset(value)) return undefined;
  if (!Array.isArray(value)) return { path, message: 'must be an array of base64 texts' };
  const bad = value.findIndex((image) => typeof image !== 'string' || !BASE64.test(image));
  return bad < 0
    ? undefined
    : { path: `${path}[${bad}]`, message: 'must be an image in base64, without a data: prefix' };
}

function toolCallProblem(call: unknown, path: string): Problem | undefined {
  const called = isObject(call) ? call['function'] : undefined;
  if (!isObject(called)) return { path: `${path}.function`, message: 'must be an object with name and arguments' };
  if (typeof called['name'] !== 'string' || called['name'] === '')
    return { path: `${path}.function.name`, message: 'must be a string that is not empty' };
  if (!isUnset(called['arguments']) && !isObject(called['arguments']))
    return { path: `${path}.function.arguments`, message: 'must be an object' };
  return textProblem((call as Fields)['id'], `${path}.id`);
}

function toolCallsProblem(value: unknown, path: string): Problem | undefined {
  if (isUnset(value)) return undefined;
  if (!Array.isArray(value)) return { path, message: 'must be an array of tool calls' };
  for (let index = 0; index < value.length; index += 1) {
    const problem = toolCallProblem(value[index], `${path}[${index}]`);
    if (problem) return problem;
  }
  return undefined;
}

function messageProblem(message: unknown, path: string): Problem | undefined {
  if (!isObject(message)) return { path, message: 'must be an object with role and content' };
  const { role } = message;
  return (
    choiceProblem(typeof role === 'string' ? role.toLowerCase() : role, `${path}.role`, ROLES) ??
    textProblem(message['content'], `${path}.content`) ??
    textProblem(message['thinking'], `${path}.thinking`) ??
    textProblem(message['tool_name'], `${path}.tool_name`) ??
    textProblem(message['tool_call_id'], `${path}.tool_call_id`) ??
    imagesProblem(message['images'], `${path}.images`) ??
    toolCallsProblem(message['tool_calls'], `${path}.tool_calls`)
  );
}

/** The first thing that is wrong with the `messages` of `/api/chat`, with its exact path. None at all are right: they load. */
export function ollamaMessagesProblem(value: unknown): Problem | undefined {
  const path = 'messages';
  if (!Array.isArray(value)) return { path, message: 'must be an array of messages' };
  for (let index = 0; index < value.length; index += 1) {
    const problem = messageProblem(value[index], `${path}[${index}]`);
    if (problem) return problem;
  }
  return undefined;
}

/** What is wrong with `format`: nothing, `json`, or a JSON schema. */
export function formatProblem(value: unknown): Problem | undefined {
  if (value === '' || value === 'json' || isObject(value)) return undefined;
  return { path: 'format', message: "must be 'json' or an object: a JSON schema" };
}

const LEVELS: readonly unknown[] = ['low', 'medium', 'high', 'max'];

/** What is wrong with `think`. */
export function thinkProblem(value: unknown): Problem | undefined {
  if (typeof value === 'boolean' || LEVELS.includes(value)) return undefined;
  return { path: 'think', message: "must be true, false, 'low', 'medium', 'high' or 'max'" };
}

/** What is wrong with `context`: whole numbers that an earlier answer gave. */
export function contextProblem(value: unknown): Problem | undefined {
  const path = 'context';
  if (!Array.isArray(value)) return { path, message: 'must be the array of numbers of an earlier answer' };
  const bad = value.findIndex((item) => !Number.isInteger(item) || (item as number) < 0);
  return bad < 0 ? undefined : { path: `${path}[${bad}]`, message: 'must be a whole number from 0' };
}

/** What is wrong with `input` of `/api/embed`: a text or texts; an empty one loads the model. */
export function embedInputProblem(value: unknown): Problem | undefined {
  const path = 'input';
  if (typeof value === 'string') return undefined;
  if (!Array.isArray(value)) return { path, message: 'must be a string or an array of strings' };
  const bad = value.findIndex((item) => typeof item !== 'string' || item === '');
  return bad < 0 ? undefined : { path: `${path}[${bad}]`, message: 'must be a string that is not empty' };
}
