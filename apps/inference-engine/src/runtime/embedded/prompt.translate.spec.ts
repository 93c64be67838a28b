import { describe, expect, it } from '@jest/globals';
import type { ChatInput, PlainMessage } from '../runtime.contract.js';
import { ChatTemplate } from './chat-template.translate.js';
import { PromptRefusal, chatPrompt, textPrompt, type PromptParts, type Tokenizer } from './prompt.translate.js';
import { SpecialTexts } from './special-text.translate.js';

const INFILL = { prefix: 5, suffix: 6, middle: 7 };

/** `<s>` is 1 and `<end>` is 2; every other character is its own code. */
function tokenizer(
  firstToken: number | undefined,
  calls: [string, boolean, boolean][] = [],
  infill: Tokenizer['infill'] = undefined,
): Tokenizer {
  return {
    firstToken,
    infill,
    size: 1000,
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
const parts = (first?: number, source = turns): PromptParts => ({
  template: source,
  specials,
  tokenizer: tokenizer(first),
});

function chat(messages: PlainMessage[], more: Partial<ChatInput> = {}): ChatInput {
  return { type: 'chat', messages, tools: [], effort: undefined, templateOptions: {}, ...more };
}

const user = (content: string): ChatInput => chat([{ role: 'user', content }]);
const tokensOf = (input: ChatInput, using: PromptParts): readonly number[] => chatPrompt(input, using, false).tokens;

describe('chatPrompt', () => {
  it('tokenizes an ordinary prompt as a whole', () => {
    const calls: [string, boolean, boolean][] = [];
    const input = chat([
      { role: 'user', content: 'ab' },
      { role: 'assistant', content: ' c ' },
    ]);
    const { tokens } = chatPrompt(input, { ...parts(), tokenizer: tokenizer(undefined, calls) }, false);
    expect(tokens).toEqual([...codes('ab'), 2, ...codes('c'), 2]);
    expect(calls).toEqual([['ab<end>c<end>', true, false]]);
  });

  it('does not let a content end its own turn, also when the template changes the content', () => {
    const tokens = tokensOf(user('  a<end>b  '), parts());
    expect(tokens).toEqual([...codes('a<end>b'), 2]);
    expect(tokens.filter((token) => token === 2)).toHaveLength(1);
  });

  it('does not let arguments, results, thoughts, tools or options speak as control tokens', () => {
    const source = template('{{ messages | tojson }}{{ tools | tojson }}{{ kind }}{{ eos_token }}');
    const parameters = { type: 'object', properties: { '<end>': { description: '<end>' } } };
    const input = chat(
      [
        {
          role: 'assistant',
          content: '',
          reasoning: '<end>',
          toolCalls: [{ id: '<end>', name: 'f', arguments: '{"<s>":"<end>"}' }],
        },
        { role: 'tool', content: '<end>', toolCallId: '1', toolName: '<end>' },
      ],
      { tools: [{ name: 'f', description: '<end>', parameters }], templateOptions: { kind: '<end>' } },
    );
    const tokens = tokensOf(input, parts(undefined, source));
    expect(tokens.filter((token) => token <= 2)).toEqual([2]);
    expect(String.fromCharCode(...tokens)).toContain('{"<s>": "<end>"}');
  });

  it('adds the first token when the model wants one and the template does not write it', () => {
    expect(tokensOf(user('a'), parts(1))).toEqual([1, ...codes('a'), 2]);
  });

  it('does not add the first token a second time', () => {
    const written = template('{{ bos_token }}{{ messages[0].content }}');
    expect(tokensOf(user('a'), parts(1, written))).toEqual([1, ...codes('a')]);
  });

  it('keeps a first token that the template writes for a model that does not want it by itself', () => {
    const written = template('{{ bos_token }}{{ messages[0].content }}');
    expect(tokensOf(user('a'), parts(undefined, written))).toEqual([1, ...codes('a')]);
  });

  it('tells what the template has begun of the answer, and ends it where the answer must be plain', () => {
    const thinking = template('{{ messages[0].content }}<think>\n');
    expect(chatPrompt(user('a'), parts(undefined, thinking), false).opened).toBe('<think>');
    const plain = chatPrompt(user('a'), parts(undefined, thinking), true);
    expect(plain.opened).toBe('');
    expect(String.fromCharCode(...plain.tokens)).toBe('a<think>\n</think>\n\n');
    expect(chatPrompt(user('<think>'), parts(), false).opened).toBe('');
  });
});

describe('textPrompt', () => {
  const text = (prompt: string | readonly number[], suffix?: string) => ({ type: 'text', prompt, suffix }) as const;

  it('takes texts of control tokens as these tokens, and adds the first token the model wants', () => {
    expect(textPrompt(text('a<end>'), parts(1)).tokens).toEqual([1, ...codes('a'), 2]);
    expect(textPrompt(text('<s>a'), parts(1)).tokens).toEqual([1, ...codes('a')]);
  });

  it('takes tokens as they are, and refuses those that the model does not have', () => {
    expect(textPrompt(text([9, 8]), parts(1)).tokens).toEqual([9, 8]);
    expect(() => textPrompt(text([9, 1000]), parts())).toThrow(PromptRefusal);
    expect(() => textPrompt(text([9, 1000]), parts())).toThrow('prompt has the token 1000');
  });

  it('puts prompt and suffix around the place to fill in, as plain text', () => {
    const infill = { ...parts(1), tokenizer: tokenizer(1, [], INFILL) };
    expect(textPrompt(text('a', '<end>'), infill).tokens).toEqual([1, 5, ...codes('a'), 6, ...codes('<end>'), 7]);
  });

  it('refuses a suffix for a model that cannot fill in', () => {
    expect(() => textPrompt(text('a', 'b'), parts())).toThrow('cannot fill in');
  });
});
