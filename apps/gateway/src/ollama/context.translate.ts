import { Buffer } from 'node:buffer';
import { invalidRequest, type ApiError } from '@local-llm-agent/contracts';

/** A message of a conversation that `/api/generate` goes on with. */
export interface ContextMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** The first number says that the rest is ours; no vocabulary is as large. */
const MARK = 0x4c4c_4101;
const GROUP_BYTES = 3;
const LARGEST_GROUP = 0xff_ff_ff;
const ROLES: readonly unknown[] = ['system', 'user', 'assistant'];

/**
 * A conversation as the numbers that Ollama's clients send back with their next prompt: "an encoding of the
 * conversation". They are no tokens, because not every runtime tells those: a mark, the count of bytes, and the text of
 * the messages, three bytes a number.
 */
export function encodeContext(messages: readonly ContextMessage[]): number[] {
  const bytes = Buffer.from(JSON.stringify(messages.map(({ role, content }) => [role, content])));
  const numbers = [MARK, bytes.length];
  const padded = Buffer.concat([bytes, Buffer.alloc((GROUP_BYTES - (bytes.length % GROUP_BYTES)) % GROUP_BYTES)]);
  for (let at = 0; at < padded.length; at += GROUP_BYTES) numbers.push(padded.readUIntBE(at, GROUP_BYTES));
  return numbers;
}

/** The conversation that {@link encodeContext} made the numbers of. Throws a 400 for others. */
export function decodeContext(numbers: readonly number[]): ContextMessage[] {
  const [mark, length = 0, ...groups] = numbers;
  const fits = groups.length === Math.ceil(length / GROUP_BYTES) && groups.every((group) => group <= LARGEST_GROUP);
  if (mark !== MARK || !fits) throw foreign();
  const bytes = Buffer.alloc(groups.length * GROUP_BYTES);
  for (const [index, group] of groups.entries()) bytes.writeUIntBE(group, index * GROUP_BYTES, GROUP_BYTES);
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8', 0, length));
  } catch {
    throw foreign();
  }
  if (!Array.isArray(parsed)) throw foreign();
  return parsed.map(toMessage);
}

function toMessage(item: unknown): ContextMessage {
  if (!Array.isArray(item) || !ROLES.includes(item[0]) || typeof item[1] !== 'string') throw foreign();
  return { role: item[0] as ContextMessage['role'], content: item[1] };
}

function foreign(): ApiError {
  return invalidRequest(
    'context is not one that this server gave with an answer. Leave it out, or send the messages to /api/chat.',
    { param: 'context' },
  );
}
