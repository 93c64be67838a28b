import { describe, expect, it } from '@jest/globals';
import type { EngineModel, TaggedModel } from '@local-llm-agent/contracts';
import { toServedTags } from './model-tags.translate.js';

const DETAILS = {
  parent_model: '',
  format: 'gguf',
  family: 'llama',
  families: [],
  parameter_size: '',
  quantization_level: '',
};
const tag = (name: string, modified: string): TaggedModel => ({
  name,
  model: name,
  modified_at: modified,
  size: 1,
  digest: name,
  details: DETAILS,
});
const served = (id: string, servedBy: string): EngineModel => ({
  id,
  servedBy,
  created: 1,
  ownedBy: 'embedded',
  contextLength: 1,
});

describe('the list of models for Ollama', () => {
  const installed = [tag('old:latest', '2024-01-01T00:00:00Z'), tag('new:latest', '2025-01-01T00:00:00Z')];

  it('has the newest first', () => {
    expect(toServedTags(installed, []).map(({ name }) => name)).toEqual(['new:latest', 'old:latest']);
  });

  it('names at its end what another model answers for, and which', () => {
    const tags = toServedTags(installed, [served('new', 'new'), served('gpt-oss:20b', 'old'), served('x', 'gone')]);
    expect(tags.map(({ name }) => name)).toEqual(['new:latest', 'old:latest', 'gpt-oss:20b']);
    expect(tags[2]).toMatchObject({ model: 'gpt-oss:20b', digest: 'old:latest', details: { parent_model: 'old' } });
  });
});
