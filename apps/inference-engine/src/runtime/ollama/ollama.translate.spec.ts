import { describe, expect, it } from '@jest/globals';
import type { GenerationCall, AnswerEvent } from '../runtime.contract.js';
import {
  readAnswerLine,
  readModels,
  readRendered,
  readVersion,
  toChatBody,
  toInstalledModel,
  toLoadBody,
  toMetadata,
  toModelId,
  toRenderBody,
  toResidentModel,
  toUnloadBody,
} from './ollama.translate.js';

const PLAN = { name: 'smollm2', contextLength: 2048, slots: 2 };
const CALL: GenerationCall = {
  plan: PLAN,
  messages: [{ role: 'user', content: 'Hi' }],
  maxTokens: 12,
  temperature: 0.7,
  topP: 0.9,
  stop: [],
  seed: undefined,
  stream: true,
};

describe('toChatBody', () => {
  it('never lets Ollama cut the prompt, and always says the context length', () => {
    expect(toChatBody(CALL, undefined)).toEqual({
      model: 'smollm2',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      truncate: false,
      shift: false,
      keep_alive: -1,
      options: { num_ctx: 2048, num_predict: 12, temperature: 0.7, top_p: 0.9 },
    });
  });

  it('passes seed and stop when they are set', () => {
    const body = toChatBody({ ...CALL, seed: 0, stop: ['END'], stream: false }, undefined);
    expect(body).toMatchObject({ stream: false, options: { seed: 0, stop: ['END'] } });
  });

  it('does not speak of thinking, which many models refuse', () => {
    expect(toChatBody(CALL, undefined)).not.toHaveProperty('think');
  });

  it('holds the model with the same options as the load and the rendering, so that nothing reloads it', () => {
    const hold = { num_ctx: 2048, num_thread: 3 };
    expect(toLoadBody(PLAN, 3)).toEqual({ model: 'smollm2', stream: false, keep_alive: -1, options: hold });
    expect(toChatBody(CALL, 3)).toMatchObject({ options: hold });
    expect(toRenderBody(PLAN, 3, CALL.messages)).toMatchObject({
      options: { ...hold, num_predict: 1 },
      _debug_render_only: true,
    });
    expect(toLoadBody(PLAN, undefined)).toMatchObject({ options: { num_ctx: 2048 } });
  });
});

describe('toUnloadBody', () => {
  it('lets go of the model at once', () => {
    expect(toUnloadBody('m')).toEqual({ model: 'm', stream: false, keep_alive: 0 });
  });
});

describe('readAnswerLine', () => {
  const read = (line: string): { events: AnswerEvent[]; fault: unknown } => {
    const events: AnswerEvent[] = [];
    const fault = readAnswerLine(line, events);
    return { events, fault };
  };

  it.each<[string, string, AnswerEvent[]]>([
    ['a token', '{"message":{"role":"assistant","content":"Hi"},"done":false}', [{ type: 'text', text: 'Hi' }]],
    ['an empty token', '{"message":{"role":"assistant","content":""},"done":false}', []],
    ['thinking', '{"message":{"role":"assistant","content":"","thinking":"Hm"},"done":false}', []],
    [
      'the end',
      '{"message":{"content":""},"done":true,"done_reason":"stop","prompt_eval_count":16,"eval_count":3}',
      [{ type: 'finish', reason: 'stop', usage: { promptTokens: 16, completionTokens: 3 } }],
    ],
    [
      'the end at the limit',
      '{"message":{"content":""},"done":true,"done_reason":"length","prompt_eval_count":16,"eval_count":3}',
      [{ type: 'finish', reason: 'length', usage: { promptTokens: 16, completionTokens: 3 } }],
    ],
    [
      'a whole answer',
      '{"message":{"content":"Hi"},"done":true,"done_reason":"stop","prompt_eval_count":16,"eval_count":3}',
      [
        { type: 'text', text: 'Hi' },
        { type: 'finish', reason: 'stop', usage: { promptTokens: 16, completionTokens: 3 } },
      ],
    ],
    [
      'counts of zero, which Ollama leaves out',
      '{"message":{"content":""},"done":true,"done_reason":"stop"}',
      [{ type: 'finish', reason: 'stop', usage: { promptTokens: 0, completionTokens: 0 } }],
    ],
  ])('reads %s', (_name, line, expected) => {
    expect(read(line)).toEqual({ events: expected, fault: undefined });
  });

  it.each([
    'Hi',
    ' ',
    '',
    'ä€😀',
    'a"b',
    'a\\nb',
    '\n',
    '"},"done":false}',
    '"message":{"role":"assistant","content":"',
    '\u2028',
    '<&>',
  ])('reads a token line of Ollama just as a JSON parser does: %j', (content) => {
    const head = { model: content, created_at: '2026-01-02T03:04:05.678901234Z' };
    const message = { role: 'assistant', content };
    const expected = content === '' ? [] : [{ type: 'text', text: content }];
    for (const extra of [{}, { thinking: content }, { tool_calls: [{ function: { name: content } }] }]) {
      const line = JSON.stringify({ ...head, message: { ...message, ...extra }, done: false });
      expect(read(line)).toEqual({ events: expected, fault: undefined });
      // Go writes some characters as escapes where JavaScript does not.
      expect(read(line.replaceAll('<', '\\u003c')).events).toEqual(expected);
    }
  });

  it.each([
    ['an error', '{"error":"boom"}', { kind: 'failed', text: 'boom' }],
    ['a load', '{"message":{"content":""},"done":true,"done_reason":"load"}', { kind: 'noAnswer', reason: 'load' }],
    [
      'an unload',
      '{"message":{"content":""},"done":true,"done_reason":"unload"}',
      { kind: 'noAnswer', reason: 'unload' },
    ],
    ['what is not JSON', '<html>', { kind: 'garbage', sample: '<html>' }],
    ['a list', '[]', { kind: 'garbage' }],
    ['null', 'null', { kind: 'garbage' }],
    ['an object of another protocol', '{"choices":[]}', { kind: 'garbage' }],
    ['content that is no text', '{"message":{"content":7},"done":false}', { kind: 'garbage' }],
  ])('finds the fault in %s', (_name, line, expected) => {
    expect(read(line)).toMatchObject({ events: [], fault: { type: 'fault', ...expected } });
  });
});

describe('readModels', () => {
  it('reads the list, with the tag left out that Ollama adds', () => {
    const models = readModels({
      models: [
        { name: 'smollm2:latest', modified_at: '2026-01-02T03:04:05.678Z', size: 98, digest: 'abc' },
        { name: 'gpt-oss:20b', modified_at: 'nonsense' },
      ],
    });
    expect(models?.map(toInstalledModel)).toEqual([
      { name: 'smollm2', created: 1767323045, sizeBytes: 98 },
      { name: 'gpt-oss:20b', created: 0, sizeBytes: 0 },
    ]);
    expect(models?.map(toResidentModel)[0]).toEqual({ name: 'smollm2', bytes: 98 });
  });

  it('leaves out models that run in a cloud', () => {
    expect(readModels({ models: [{ name: 'big:cloud', remote_host: 'https://example.com' }] })).toEqual([]);
  });

  it.each([undefined, null, 'x', [], {}, { models: 'x' }])('says that %j is no list', (body) => {
    expect(readModels(body)).toBeUndefined();
  });

  it('passes over entries without a name', () => {
    expect(readModels({ models: [null, 3, {}, { name: '' }] })).toEqual([]);
  });
});

describe('toModelId', () => {
  it.each([
    ['smollm2:latest', 'smollm2'],
    ['gpt-oss:20b', 'gpt-oss:20b'],
    ['latest', 'latest'],
  ])('makes %s into %s', (name, id) => {
    expect(toModelId(name)).toBe(id);
  });
});

describe('toMetadata', () => {
  it('finds the figures under the name of the architecture', () => {
    const info = {
      'general.architecture': 'gemma3',
      'gemma3.context_length': 32768,
      'gemma3.block_count': 18,
      'gemma3.embedding_length': 640,
      'gemma3.attention.head_count': 4,
      'gemma3.attention.head_count_kv': 1,
      'gemma3.attention.key_length': 256,
      'gemma3.attention.value_length': 256,
      'gemma3.vocab_size': 262144,
    };
    expect(toMetadata({ model_info: info }, 5)).toEqual({
      weightsBytes: 5,
      contextLength: 32768,
      layers: 18,
      embeddingLength: 640,
      heads: 4,
      kvHeads: 1,
      keyLength: 256,
      valueLength: 256,
      vocabularySize: 262144,
    });
  });

  it('leaves unknown what is not there or no number', () => {
    const unknown = toMetadata(
      { model_info: { 'general.architecture': 'x', 'x.attention.head_count_kv': [], 'x.block_count': null } },
      5,
    );
    expect(unknown).toEqual({ weightsBytes: 5 });
    expect(toMetadata(null, 5)).toEqual({ weightsBytes: 5 });
  });
});

describe('readVersion and readRendered', () => {
  it('read what Ollama says and nothing else', () => {
    expect(readVersion({ version: '0.24.0' })).toBe('0.24.0');
    expect(readVersion([])).toBeUndefined();
    expect(readRendered({ _debug_info: { rendered_template: 'x' } })).toBe('x');
    expect(readRendered({ message: { content: 'x' } })).toBeUndefined();
  });
});
