import type { ApiError } from './api-error.js';

/** What the message of a prompt that is too long says. */
export interface ToldExcess {
  readonly promptTokens: number;
  readonly contextLength: number;
  /** What to do about it. */
  readonly advice: string;
}

const TOLD = /has (?:about )?(\d+) tokens, but the context of this model is (\d+) tokens\. (.+)$/s;

/**
 * The figures of a prompt that is too long, from the words of `contextLengthExceeded`: they are all that comes from the
 * engine. Undefined for another error, and for other words.
 */
export function parseContextExcess({ code, message }: Pick<ApiError, 'code' | 'message'>): ToldExcess | undefined {
  if (code !== 'context_length_exceeded') return undefined;
  const [, prompt, context, advice] = TOLD.exec(message) ?? [];
  if (prompt === undefined || context === undefined || advice === undefined) return undefined;
  return { promptTokens: Number(prompt), contextLength: Number(context), advice };
}
