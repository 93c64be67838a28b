import { describe, expect, it } from '@jest/globals';
import { parseCapabilities } from './capabilities.parse.js';

const HERMES = `{% if tools %}<tools>{{ tools | tojson }}</tools> <tool_call>{"name": "f", "arguments": {}}</tool_call>{% endif %}`;

describe('parseCapabilities', () => {
  const of = (metadata: Record<string, unknown>): ReturnType<typeof parseCapabilities> =>
    parseCapabilities({ 'general.architecture': 'llama', ...metadata });

  it('takes a plain chat model for one that writes and embeds', () => {
    expect(of({ 'tokenizer.chat_template': '{{ messages[0].content }}' })).toEqual({
      generation: true,
      embedding: true,
      vision: false,
      infill: false,
      tools: 'none',
      thinking: 'none',
    });
  });

  it.each([
    ['calls as JSON in tags', HERMES, 'text'],
    ['calls in a form of its own', '{{ tools }}[TOOL_CALLS]', 'none'],
    ['calls as XML in tags', '{{ tools }}<tool_call>\n<function=name>', 'none'],
    ['no tools', 'write <tool_call> yourself', 'none'],
  ])('finds out from the template how tools are called: %s', (_, template, tools) => {
    expect(of({ 'tokenizer.chat_template': template }).tools).toBe(tools);
  });

  it('finds out from the template whether the model thinks', () => {
    expect(of({ 'tokenizer.chat_template': "{{ '<think>\\n' }}" }).thinking).toBe('text');
  });

  it.each([
    ['by its architecture', { 'general.architecture': 'nomic-bert' }],
    ['by its attention', { 'general.architecture': 'new', 'new.attention.causal': false }],
  ])('lets an encoder write nothing, known %s', (_, metadata) => {
    expect(of(metadata)).toMatchObject({ generation: false, embedding: true });
  });

  it('lets a model fill in when it has all three tokens for it, by key or by text', () => {
    const tokens = ['a', '<fim_prefix>', '<|fim_suffix|>', '<fim-middle>'];
    expect(of({ 'tokenizer.ggml.tokens': tokens }).infill).toBe(true);
    expect(of({ 'tokenizer.ggml.tokens': tokens.slice(0, 3) }).infill).toBe(false);
    const ids = { 'tokenizer.ggml.prefix_token_id': 1, 'tokenizer.ggml.fim_suf_token_id': 2 };
    expect(of({ ...ids, 'tokenizer.ggml.middle_token_id': 3 }).infill).toBe(true);
    expect(of(ids).infill).toBe(false);
  });
});
