import { describe, expect, it } from '@jest/globals';
import type { ModelCapabilities } from '../runtime.contract.js';
import { toHumanNumber, toModelDetails, toShownModel, type GgufContent } from './gguf-show.translate.js';

const CONTENT: GgufContent = {
  metadata: {
    version: 3,
    'general.architecture': 'llama',
    'general.file_type': 3,
    'general.license': 'apache-2.0',
    'general.name': 'hidden',
    'llama.context_length': 8192n,
    'tokenizer.ggml.tokens': ['a', 'b'],
    'tokenizer.chat_template': '{{ messages }}',
  },
  tensors: [{ name: 'output', shape: [576n, 49152n], dtype: 2 }],
  parameters: 134_515_008,
};
const TYPES = { file: { 3: 'Q4_1' }, tensor: { 2: 'Q4_0' } };
const CHAT: ModelCapabilities = {
  generation: true,
  embedding: true,
  vision: false,
  infill: false,
  tools: 'text',
  thinking: 'none',
};
const MODEL = { name: 'm', created: 1_706_000_000, capabilities: CHAT, verbose: false };

describe('a GGUF file in the shape of Ollama', () => {
  it.each([
    [134_515_008, '134.52M'],
    [8_000_000_000, '8B'],
    [30_532_122_624, '30.5B'],
    [7_000_000, '7M'],
    [22_600, '22K'],
    [12, '12'],
  ])('writes %i parameters as %s', (count, text) => {
    expect(toHumanNumber(count)).toBe(text);
  });

  it('tells family, size and quantization', () => {
    expect(toModelDetails(CONTENT, TYPES.file)).toEqual({
      parent_model: '',
      format: 'gguf',
      family: 'llama',
      families: ['llama'],
      parameter_size: '134.52M',
      quantization_level: 'Q4_1',
    });
  });

  it('shows metadata as JSON can hold them, without long lists', () => {
    const shown = toShownModel(CONTENT, MODEL, TYPES);
    expect(shown.model_info).toEqual({
      'general.architecture': 'llama',
      'general.file_type': 3,
      'general.license': 'apache-2.0',
      'general.parameter_count': 134_515_008,
      'llama.context_length': 8192,
      'tokenizer.ggml.tokens': null,
    });
    expect(shown).toMatchObject({ license: 'apache-2.0', template: '{{ messages }}' });
    expect(shown).not.toHaveProperty('tensors');
  });

  it('shows lists and tensors when all is wanted', () => {
    const shown = toShownModel(CONTENT, { ...MODEL, verbose: true }, TYPES);
    expect(shown.model_info['tokenizer.ggml.tokens']).toEqual(['a', 'b']);
    expect(shown.tensors).toEqual([{ name: 'output', type: 'Q4_0', shape: [576, 49152] }]);
  });

  it('names an embedding model only when it writes no text', () => {
    expect(toShownModel(CONTENT, MODEL, TYPES).capabilities).toEqual(['completion', 'tools']);
    const embedder = { ...CHAT, generation: false, tools: 'none' } as const;
    expect(toShownModel(CONTENT, { ...MODEL, capabilities: embedder }, TYPES).capabilities).toEqual(['embedding']);
  });
});
