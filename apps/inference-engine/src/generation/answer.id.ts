import { randomUUID } from 'node:crypto';
import type { AnswerHead } from './generation.types.js';

/** Id and time of a new answer. */
export function newAnswerId(prefix: string): Pick<AnswerHead, 'id' | 'created'> {
  return { id: `${prefix}${randomUUID().replaceAll('-', '')}`, created: Math.floor(Date.now() / 1000) };
}
