import { describe, expect, it } from '@jest/globals';
import { readProgressLine, readRunning, readShown, readTags } from './management.translate.js';

const DETAILS = {
  parent_model: '',
  format: 'gguf',
  family: 'llama',
  families: ['llama'],
  parameter_size: '1B',
  quantization_level: 'Q4',
};
const ENTRY = { name: 'a:latest', model: 'a:latest', modified_at: 't', size: 5, digest: 'd', details: DETAILS };

describe('the management of an Ollama', () => {
  it('gives its models, but none that a cloud would answer for', () => {
    const body = { models: [ENTRY, { ...ENTRY, name: 'b', remote_host: 'https://ollama.com' }] };
    expect(readTags(body)).toEqual([ENTRY]);
    expect(readRunning({ models: [{ ...ENTRY, expires_at: 'e', size_vram: 3, context_length: 8 }] })).toEqual([
      expect.objectContaining({ name: 'a:latest', expires_at: 'e', size_vram: 3, context_length: 8 }),
    ]);
  });

  it('keeps what a model tells besides', () => {
    expect(readShown({ details: DETAILS, parameters: 'stop "x"', new_field: 1 })).toMatchObject({
      details: DETAILS,
      parameters: 'stop "x"',
      new_field: 1,
      capabilities: [],
      model_info: {},
    });
  });

  it.each([[undefined], ['text'], [{ models: 'x' }], [{}]])('does not take %j for a list', (body) => {
    expect([readTags(body), readRunning(body), readShown(body)]).toEqual([undefined, undefined, undefined]);
  });

  it.each<[string, object]>([
    [
      '{"status":"pulling","digest":"d","total":2,"completed":1}',
      { status: 'pulling', digest: 'd', total: 2, completed: 1 },
    ],
    ['{"status":"success","other":1}', { status: 'success' }],
    ['{"error":"no space"}', { type: 'fault', kind: 'failed', text: 'no space' }],
    ['{"x":1}', { type: 'fault', kind: 'garbage', sample: '{"x":1}' }],
  ])('reads the step %s', (line, step) => {
    expect(readProgressLine(line)).toEqual(step);
  });

  it('says that half a line is none', () => {
    expect(readProgressLine('{"sta')).toMatchObject({ type: 'fault', kind: 'garbage' });
  });
});
