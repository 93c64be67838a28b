import { describe, expect, it } from '@jest/globals';
import { ApiError, backendUnavailable, modelNotFound } from '@local-llm-agent/contracts';
import { CatalogIndex, parseCatalog } from '@local-llm-agent/config';
import type { LookedUp, ModelDirectory } from '../residency/model.directory.js';
import type { ResidencyService } from '../residency/residency.service.js';
import type { Runtime } from '../runtime/runtime.contract.js';
import type { SchedulerService } from '../scheduler/scheduler.service.js';
import { ModelPlansService } from './model-plans.service.js';

const CATALOG = 'models: [{ id: a, adapters: [{ id: x, lora: /x.gguf }] }, { id: b }, { id: c, fallbacks: [a] }]';
const HOST = { id: 'ollama', name: 'ollama', heldAs: (name: string) => name } as unknown as Runtime;
const CHATS = { generation: true, embedding: true, tools: 'text', infill: false, vision: true, thinking: 'none' };
const demandOf = (name: string): object => ({ key: `ollama/${name}`, needBytes: 7, slots: 1, contextLength: 9 });

/** @param looks what a look at a model gives or fails with; one that is missing here is just there */
function plansOf(looks: Readonly<Record<string, Partial<LookedUp> | ApiError>>): ModelPlansService {
  const ids = ['a', 'a:x', 'b', 'c'];
  const directory = {
    list: () => Promise.resolve(ids.map((id) => ({ id }))),
    // Somebody has a model of the adapter's name, so that it is told of beside its base.
    installedNames: ['a:x'],
    resolve: () => Promise.reject(new Error('was asked for, which may make it')),
    look: (name: string) => {
      const found = looks[name] ?? {};
      if (found instanceof ApiError) return Promise.reject(found);
      return Promise.resolve({ hosts: [HOST], runtime: HOST, name, installed: name, isMade: true, ...found });
    },
  };
  const residency = {
    known: ({ name }: { name: string }) =>
      name === 'b'
        ? Promise.reject(backendUnavailable('silent'))
        : Promise.resolve({ capabilities: CHATS, demand: demandOf(name) }),
  };
  const scheduler = {
    snapshot: () => ({
      residents: [{ demand: demandOf('a'), bytes: 8, phase: 'ready' }],
      pinned: ['ollama/a'],
      loadTimes: { 'ollama/c': 1234.5 },
    }),
    leaversFor: () => ['ollama/a'],
  };
  return new ModelPlansService(
    new CatalogIndex(parseCatalog(CATALOG, 'test')),
    directory as unknown as ModelDirectory,
    residency as unknown as ResidencyService,
    scheduler as unknown as SchedulerService,
  );
}

const told = async (service: ModelPlansService): Promise<unknown[]> =>
  (await service.plans(new AbortController().signal)).map(({ id, runtime, state, needBytes, leaves }) => [
    id,
    runtime,
    state,
    needBytes,
    leaves,
  ]);

describe('what each model would take', () => {
  it('is told of all the others when one adapter cannot be had, and of a model that its runtime is silent about', async () => {
    const plans = plansOf({ 'a:x': backendUnavailable('no file'), c: modelNotFound('only a fallback') });
    expect(await told(plans)).toEqual([
      ['a', 'ollama', 'ready', 8, []],
      ['b', 'ollama', 'absent', null, []],
      ['c', null, 'absent', null, []],
      ['a:x', null, 'absent', null, []],
    ]);
  });

  it('comes with what it can do, its installed name, and how long a load of it takes', async () => {
    const plans = await plansOf({ a: modelNotFound('gone') }).plans(new AbortController().signal);
    const facts = plans.map(({ id, installedAs, capabilities, loadMs }) => [id, installedAs, capabilities, loadMs]);
    expect(facts.slice(0, 3)).toEqual([
      ['a', null, [], null],
      ['b', 'b', [], null],
      ['c', 'c', ['completion', 'tools', 'vision'], 1235],
    ]);
  });

  it('is not that of its base for an adapter that has yet to be made', async () => {
    const [, , c, adapter] = await told(plansOf({ 'a:x': { name: 'a', isMade: false } }));
    expect(c).toEqual(['c', 'ollama', 'absent', 7, ['a']]);
    expect(adapter).toEqual(['a:x', 'ollama', 'absent', null, []]);
  });
});
