import type { ToolWork } from './tool.types.js';
import { toAnswer, toChat, uselessAnswer, type Question } from './question.translate.js';

/** Text that a model wrote for a tool. */
export interface Prose {
  readonly text: string;
  /** It ends early, because the model did not come to an end within its most tokens. */
  readonly truncated: boolean;
}

/**
 * Asks for a text. An answer that is empty is asked for once more; one that is cut is asked for once more with twice
 * the room, up to `mostTokens`. Throws a 503 when there is no text.
 */
export async function askForProse(ask: ToolWork['ask'], question: Question, mostTokens: number): Promise<Prose> {
  const first = toAnswer(await ask(toChat(question)));
  if (first.text !== '' && !first.cut) return { text: first.text, truncated: false };
  const room = first.cut ? Math.min(2 * question.maxTokens, mostTokens) : question.maxTokens;
  if (first.text !== '' && room <= question.maxTokens) return { text: first.text, truncated: true };
  const second = toAnswer(await ask(toChat({ ...question, maxTokens: room, attempt: first.cut ? 0 : 1 })));
  if (second.text !== '') return { text: second.text, truncated: second.cut };
  if (first.text !== '') return { text: first.text, truncated: true };
  throw uselessAnswer(question.model, 'an empty answer');
}
