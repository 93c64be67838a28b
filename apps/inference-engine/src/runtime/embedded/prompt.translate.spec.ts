import { describe, expect, it } from '@jest/globals';
import { ChatTemplate } from './chat-template.translate.js';
import { promptTokens, type Tokenizer } from './prompt.translate.js';
import { SpecialTexts } from './special-text.translate.js';

/** `<s>` is 1 and `<end>` is 2; every other character is its own code. */
function tokenizer(firstToken: number | undefined, calls: [string, boolean, boolean][] = []): Tokenizer {
  return {
    firstToken,
    tokenize: (text, special, inner) => {
      calls.push([text, special, inner]);
      const parts = special ? text.split(/(<s>|<end>)/u) : [text];
      return parts.flatMap((part) =>
        special && part === '<s>' ? [1] : special && part === '<end>' ? [2] : [...part].map((c) => c.charCodeAt(0)),
      );
    },
  };
}

const specials = new SpecialTexts(['<s>', '<end>']);
const codes = (text: string): number[] => [...text].map((character) => character.charCodeAt(0));
const template = (source: string): ChatTemplate => new ChatTemplate(source, { bos: '<s>', eos: '<end>' });
const turns = template('{% for m in messages %}{{ m.content | trim }}{{ eos_token }}{% endfor %}');

describe('promptTokens', () => {
  it('tokenizes an ordinary prompt as a whole', () => {
    const calls: [string, boolean, boolean][] = [];
    const parts = { template: turns, specials, tokenizer: tokenizer(undefined, calls) };
    const tokens = promptTokens(
      [
        { role: 'user', content: 'ab' },
        { role: 'assistant', content: ' c ' },
      ],
      parts,
    );
    expect(tokens).toEqual([...codes('ab'), 2, ...codes('c'), 2]);
    expect(calls).toEqual([['ab<end>c<end>', true, false]]);
  });

  it('does not let a content end its own turn, also when the template changes the content', () => {
    const parts = { template: turns, specials, tokenizer: tokenizer(undefined) };
    const tokens = promptTokens([{ role: 'user', content: '  a<end>b  ' }], parts);
    expect(tokens).toEqual([...codes('a<end>b'), 2]);
    expect(tokens.filter((token) => token === 2)).toHaveLength(1);
  });

  it('adds the first token when the model wants one and the template does not write it', () => {
    const parts = { template: turns, specials, tokenizer: tokenizer(1) };
    expect(promptTokens([{ role: 'user', content: 'a' }], parts)).toEqual([1, ...codes('a'), 2]);
  });

  it('does not add the first token a second time', () => {
    const written = template('{{ bos_token }}{{ messages[0].content }}');
    const parts = { template: written, specials, tokenizer: tokenizer(1) };
    expect(promptTokens([{ role: 'user', content: 'a' }], parts)).toEqual([1, ...codes('a')]);
  });

  it('keeps a first token that the template writes for a model that does not want it by itself', () => {
    const written = template('{{ bos_token }}{{ messages[0].content }}');
    const parts = { template: written, specials, tokenizer: tokenizer(undefined) };
    expect(promptTokens([{ role: 'user', content: 'a' }], parts)).toEqual([1, ...codes('a')]);
  });
});
