import { describe, expect, it } from '@jest/globals';
import type { PlainMessage } from '../runtime.contract.js';
import { estimatePromptTokens, sampleOf, toPromptText } from './prompt-length.estimate.js';

const CONTEXT = 2048;
const FRAME = '<user>\n<assistant>\n';

/** A template whose tokenizer is `count`; as Ollama does, it leaves out all but the last message if they do not fit. */
function template(count: (text: string) => number): {
  calls: number;
  render: (messages: readonly PlainMessage[]) => Promise<string>;
} {
  const counter = {
    calls: 0,
    render: (messages: readonly PlainMessage[]): Promise<string> => {
      counter.calls += 1;
      const all = FRAME + messages.map((message) => message.content).join('');
      return Promise.resolve(count(all) <= CONTEXT ? all : FRAME + (messages.at(-1)?.content ?? ''));
    },
  };
  return counter;
}

describe('estimatePromptTokens', () => {
  it.each([
    ['a little too long', 4, CONTEXT * 4.1],
    ['long English text', 4.5, 60_000],
    ['a rare script', 0.6, 20_000],
    ['mostly blanks', 12, 100_000],
    ['very long', 4, 4_000_000],
  ])('is within two parts of a hundred for a prompt that is %s', async (_name, charactersPerToken, length) => {
    const text = 'x'.repeat(length);
    const { render } = template((all) => all.length / charactersPerToken);
    const tokens = await estimatePromptTokens({ text, contextLength: CONTEXT, render });
    const truth = (length + FRAME.length) / charactersPerToken;
    expect(Math.abs(tokens - truth) / truth).toBeLessThan(0.02);
    expect(tokens).toBeGreaterThan(CONTEXT);
  });

  it('sees all of a prompt whose end is unlike its beginning', async () => {
    const text = 'a'.repeat(40_000) + '漢'.repeat(40_000);
    const count = (all: string): number =>
      [...all].reduce((sum, character) => sum + (character === '漢' ? 1 : 0.25), 0);
    const tokens = await estimatePromptTokens({ text, contextLength: CONTEXT, render: template(count).render });
    expect(Math.abs(tokens - 50_000) / 50_000).toBeLessThan(0.05);
  });

  it('asks at most ten times', async () => {
    const counting = template((all) => all.length / 4);
    await estimatePromptTokens({ text: 'x'.repeat(1_000_000), contextLength: CONTEXT, render: counting.render });
    expect(counting.calls).toBeLessThanOrEqual(10);
  });

  it('is a rule of thumb, but more than the context, where the runtime cannot be asked', async () => {
    const render = (): Promise<string> => Promise.reject(new Error('no such thing'));
    expect(await estimatePromptTokens({ text: 'x'.repeat(40_000), contextLength: CONTEXT, render })).toBe(10_000);
    expect(await estimatePromptTokens({ text: 'x', contextLength: CONTEXT, render })).toBe(CONTEXT + 1);
  });

  it('does not trust a runtime that says everything fits', async () => {
    const { render } = template(() => 0);
    expect(await estimatePromptTokens({ text: 'x'.repeat(20_000), contextLength: CONTEXT, render })).toBeGreaterThan(
      CONTEXT,
    );
  });
});

describe('sampleOf', () => {
  it('takes pieces from the beginning to the end', () => {
    expect(sampleOf('abcdefghijklmnop', 4)).toBe('afkp');
  });

  it('is the text itself when that is short enough', () => {
    expect(sampleOf('abc', 3)).toBe('abc');
  });
});

describe('toPromptText', () => {
  it('keeps every message and its role', () => {
    const text = toPromptText([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'Hi' },
    ]);
    expect(text).toBe('\n<system>\nBe kind.\n<user>\nHi');
  });
});
