import type { Problem } from '../validation/located.constraint.js';
import { isUnset } from '../validation/value.policy.js';

interface Unsupported {
  /** Values that ask for nothing beyond what happens anyway. */
  readonly harmless: readonly unknown[];
  readonly message: string;
}

const refused = (message: string, ...harmless: readonly unknown[]): Unsupported => ({ harmless, message });

/** Parameters that are not carried out, and what to do instead. */
const UNSUPPORTED: Readonly<Record<string, Unsupported>> = {
  background: refused('can only be false: answers are not made in the background; use stream', false),
  conversation: refused('is not supported: go on with previous_response_id, or send the whole history as input'),
  prompt: refused('is not supported: there are no stored prompts here; send instructions and input'),
  truncation: refused("can only be 'disabled': nothing is ever cut; shorten the input yourself", 'disabled'),
  max_tool_calls: refused('is not supported: it counts built-in tools, and there are none; leave it out'),
  context_management: refused('is not supported: nothing is compacted here; shorten the input yourself'),
  moderation: refused('is not supported: no local model can do it; leave it out'),
  service_tier: refused("can only be 'auto' or 'default'; the header X-Tier chooses a tier", 'auto', 'default'),
  prompt_cache_retention: refused("can only be 'in_memory': prompts are not kept elsewhere", 'in_memory'),
  audio: refused('is not supported: local models take and write text; leave it out'),
  n: refused('can only be 1: a response has one answer; send the request again for another', 1),
  messages: refused('is the parameter of chats: send input'),
  max_tokens: refused('is the parameter of chats: send max_output_tokens'),
  max_completion_tokens: refused('is the parameter of chats: send max_output_tokens'),
  response_format: refused('is the parameter of chats: send text.format'),
  reasoning_effort: refused('is the parameter of chats: send reasoning.effort'),
  logprobs: refused("is the parameter of chats: send include: ['message.output_text.logprobs']", false),
};

const ENTRIES = Object.entries(UNSUPPORTED);
const isEmpty = (value: unknown): boolean => isUnset(value) || (Array.isArray(value) && value.length === 0);

/** The first parameter of a response that asks for something that cannot be done here. */
export function unsupportedResponseProblem(body: Readonly<Record<string, unknown>>): Problem | undefined {
  for (const [path, { harmless, message }] of ENTRIES) {
    const value = body[path];
    if (!isEmpty(value) && !harmless.includes(value)) return { path, message };
  }
  return undefined;
}
