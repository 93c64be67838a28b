import type { PlainMessage } from '../runtime.contract.js';

/** What a prompt that fits is measured with. */
export interface PaddingProbe {
  readonly messages: readonly PlainMessage[];
  readonly contextLength: number;
  /** The chat template with these messages in it; the first that is not of the system is left out if they do not fit. */
  readonly render: (messages: readonly PlainMessage[]) => Promise<string>;
}

/** A word that is one token, its blank included, in the vocabularies of all current models. */
const WORD = ' the';
/** Stands at the beginning of the padding, to be found again; no prompt has it by chance. */
const MARK = '\u2063padding\u2063';

function padded(messages: readonly PlainMessage[], words: number): readonly PlainMessage[] {
  const first = messages.findIndex(({ role }) => role !== 'system');
  // The last message is never left out.
  const at = first === -1 ? messages.length - 1 : first;
  const padding: PlainMessage = { role: 'user', content: MARK + WORD.repeat(words) };
  return [...messages.slice(0, at), padding, ...messages.slice(at)];
}

/**
 * The most words, of one token each, that fit into the context together with the messages; undefined when none does.
 * Two prompts differ by as many tokens as their results do, because the frame of the padding is the same in both.
 */
export async function countByPadding({ messages, contextLength, render }: PaddingProbe): Promise<number | undefined> {
  const fits = async (words: number): Promise<boolean> => (await render(padded(messages, words))).includes(MARK);
  if (!(await fits(0))) return undefined;
  let [low, high] = [0, contextLength];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (await fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}
