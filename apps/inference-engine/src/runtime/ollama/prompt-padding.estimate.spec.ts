import { describe, expect, it } from '@jest/globals';
import type { PlainMessage } from '../runtime.contract.js';
import { countByPadding } from './prompt-padding.estimate.js';

const CONTEXT = 500;
const FRAME = 3;

/** A template whose tokens are its words; it leaves messages out from the front, but no system message and not the last. */
function render(messages: readonly PlainMessage[]): Promise<string> {
  const tokens = (list: readonly PlainMessage[]): number =>
    list.reduce((sum, { content }) => sum + FRAME + content.split(' ').length, 0);
  let kept = messages;
  for (let first = 0; first < messages.length; first += 1) {
    const system = messages.slice(0, first).filter(({ role }) => role === 'system');
    kept = [...system, ...messages.slice(first)];
    if (tokens(kept) <= CONTEXT) break;
  }
  return Promise.resolve(kept.map(({ content }) => content).join('\n'));
}

describe('countByPadding', () => {
  const user = (content: string): PlainMessage => ({ role: 'user', content });
  const free = (messages: readonly PlainMessage[]): Promise<number | undefined> =>
    countByPadding({ messages, contextLength: CONTEXT, render });

  it('tells two prompts apart by exactly as many tokens as there are between them', async () => {
    const small = await free([user('x')]);
    const long = await free([{ role: 'system', content: 'a b' }, user('c d e'), user('f')]);
    expect((small ?? 0) - (long ?? 0)).toBe(2 + FRAME + 3 + FRAME + 1 - 1);
  });

  it('works on a chat of system messages only', async () => {
    expect(await free([{ role: 'system', content: 'a' }])).toBe(await free([user('x')]));
  });

  it('says nothing where not even the shortest padding fits', async () => {
    expect(await free([user('x '.repeat(495)), user('x')])).toBeUndefined();
  });
});
