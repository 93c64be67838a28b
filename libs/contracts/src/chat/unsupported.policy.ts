import type { Problem } from '../validation/located.constraint.js';
import { isUnset } from '../validation/value.policy.js';

const isEmpty = (value: unknown): boolean =>
  isUnset(value) || value === false || (Array.isArray(value) && value.length === 0);

const oneOf =
  (...values: readonly unknown[]) =>
  (value: unknown): boolean =>
    isUnset(value) || values.includes(value);

interface Unsupported {
  /** Whether the value asks for nothing beyond what happens anyway. */
  readonly harmless: (value: unknown) => boolean;
  readonly message: string;
}

const NOT_LOCAL = 'is not supported: no local model can do it; leave it out';

/** OpenAI's parameters that are not carried out, and what to do instead. */
const UNSUPPORTED: Readonly<Record<string, Unsupported>> = {
  audio: { harmless: isEmpty, message: NOT_LOCAL },
  web_search_options: { harmless: isEmpty, message: NOT_LOCAL },
  prediction: { harmless: isEmpty, message: NOT_LOCAL },
  moderation: { harmless: isEmpty, message: NOT_LOCAL },
  modalities: {
    harmless: (value) => isEmpty(value) || (Array.isArray(value) && value.every((item) => item === 'text')),
    message: "can only be ['text']: local models write text",
  },
  functions: { harmless: isEmpty, message: 'is the old form: use tools' },
  function_call: { harmless: oneOf('none', 'auto'), message: 'is the old form: use tool_choice' },
  store: { harmless: isEmpty, message: 'can only be false: chats are not stored; use /v1/responses for that' },
  verbosity: { harmless: oneOf('medium'), message: "can only be 'medium': local models have no such setting" },
  service_tier: {
    harmless: oneOf('auto', 'default'),
    message: "can only be 'auto' or 'default'; the header X-Tier chooses a tier",
  },
};

const ENTRIES = Object.entries(UNSUPPORTED);

/** The first parameter that asks for something that cannot be done here. */
export function unsupportedProblem(body: Readonly<Record<string, unknown>>): Problem | undefined {
  for (const [path, { harmless, message }] of ENTRIES) {
    if (path in body && !harmless(body[path])) return { path, message };
  }
  return undefined;
}
