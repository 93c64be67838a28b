import { describe, expect, it } from '@jest/globals';
import { CatalogIndex, isAdapted, parseCatalog } from '@local-llm-agent/config';
import { missingModel, upstreamNames } from './adapter.names.js';

const catalog = new CatalogIndex(
  parseCatalog(
    `models:
  - { id: a, aliases: [b], adapters: [{ id: x, lora: x.gguf }, { id: y, servedAs: other }] }
  - { id: c }`,
    'test',
  ),
);

function namesAt(name: string): readonly string[] {
  const model = catalog.find(name);
  return model && isAdapted(model) ? upstreamNames(model) : [];
}

describe('an adapter at a server that has it as a model', () => {
  it('is looked for under its names and its id, or only under the one it is served as', () => {
    expect(namesAt('b:x')).toEqual(['a:x', 'b:x', 'x']);
    expect(namesAt('a:y')).toEqual(['other']);
  });
});

describe('what is told of a name that nothing answers for', () => {
  it.each([
    ['an adapter that the base does not have', 'b:z', ['a'], "The model 'a' has no adapter 'z'. It has: x, y."],
    [
      'an adapter of a base that is not there',
      'a:x',
      ['c'],
      "The model 'a:x' is not installed. Installed: c. To add a model, put its GGUF file into MODELS_DIR.",
    ],
    [
      'a model without adapters',
      'c:x',
      ['a', 'c'],
      "The model 'c:x' is not installed. Installed: a, c. To add a model, put its GGUF file into MODELS_DIR.",
    ],
    [
      'an adapter that no runtime has',
      'a:y',
      ['a'],
      "No runtime in use has the adapter 'y' of a. An OpenAI-compatible server has to list it (vLLM: --lora-modules y=PATH), under that name or the one in servedAs.",
    ],
    [
      'nothing at all',
      'q',
      [],
      "The model 'q' is not installed. No model is installed. To add a model, put its GGUF file into MODELS_DIR.",
    ],
  ])('is about %s', (_, name, installed, message) => {
    expect(missingModel(name, catalog, installed, false)).toBe(message);
  });

  it('is how to add a model to Ollama, where there is one', () => {
    expect(missingModel('q', catalog, ['a'], true)).toContain("run 'ollama pull NAME'");
  });
});
