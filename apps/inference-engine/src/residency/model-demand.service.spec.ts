import { describe, expect, it } from '@jest/globals';
import type { DerivedModels, Runtime } from '../runtime/runtime.contract.js';
import { metadata } from '../../test/residency.cases.js';
import { ModelDemands, type ModelWish } from './model-demand.service.js';

const NEVER = new AbortController().signal;

function wish(name: string, derived?: DerivedModels): ModelWish {
  const runtime = {
    id: 'ollama',
    heldAs: (held: string) => held,
    describe: () => Promise.resolve(metadata),
    derived,
  } as unknown as Runtime;
  return { runtime, name, contextLength: 1024, slots: 2, memory: 900, purpose: 'generation' };
}

describe('the family of a model', () => {
  const derived: DerivedModels = {
    make: () => 'made',
    made: () => 'made',
    adapterOf: () => undefined,
    baseOf: (name) => (name === 'made' ? 'a' : name),
  };
  const familyOf = async (name: string, models?: DerivedModels): Promise<string | undefined> =>
    (await new ModelDemands().known(wish(name, models), 'local', NEVER)).demand.family;

  it('is that of its base where a runtime makes models of LoRAs', async () => {
    expect([await familyOf('a', derived), await familyOf('made', derived), await familyOf('b', derived)]).toEqual([
      'ollama/a',
      'ollama/a',
      'ollama/b',
    ]);
  });

  it('is none elsewhere', async () => {
    expect(await familyOf('a')).toBeUndefined();
  });
});
