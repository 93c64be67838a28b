import { describe, expect, it } from '@jest/globals';
import {
  readModels,
  readRendered,
  readVersion,
  toInstalledModel,
  toModelId,
  toResidentModel,
} from './ollama.translate.js';

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
    expect(models?.map(toResidentModel)[0]).toEqual({ name: 'smollm2', bytes: 98 + 44 * 2 ** 20 });
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

describe('readVersion and readRendered', () => {
  it('read what Ollama says and nothing else', () => {
    expect(readVersion({ version: '0.24.0' })).toBe('0.24.0');
    expect(readVersion([])).toBeUndefined();
    expect(readRendered({ _debug_info: { rendered_template: 'x' } })).toBe('x');
    expect(readRendered({ message: { content: 'x' } })).toBeUndefined();
  });
});
