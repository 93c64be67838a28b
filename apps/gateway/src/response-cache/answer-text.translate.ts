import type { AnswerHead } from './recording.types.js';

const NAMES = ['id', 'created', 'model'] as const;

/**
 * An answer under another head. What is inside of a text of JSON has its quotes escaped, so a member's name and value in
 * quotes are found nowhere but in the frame of the answer.
 */
export function underHead(text: string, old: AnswerHead, next: AnswerHead): string {
  let out = text;
  for (const name of NAMES) {
    const [before, after] = [old[name], next[name]];
    if (before === undefined || after === undefined || before === after) continue;
    const member = (value: string | number): string => `"${name}":${JSON.stringify(value)}`;
    out = out.replaceAll(member(before), () => member(after));
  }
  return out;
}

/** Ids of OpenAI begin with what they are of: `chatcmpl-`, `cmpl-`. */
export function idPrefix(id: string): string {
  return id.slice(0, id.indexOf('-') + 1);
}
