import { describe, expect, it } from '@jest/globals';
import type { EngineStatus, ModelPlan, PoolStatus, ResidentStatus, TaggedModel } from '@local-llm-agent/contracts';
import { filterRows, residencyOf, toModelRows } from './model-rows.translate';

function plan(id: string, news: Partial<ModelPlan> = {}): ModelPlan {
  return {
    id,
    aliases: [],
    adapters: [],
    description: null,
    tier: 'main',
    runtimes: ['ollama'],
    runtime: 'ollama',
    installedAs: id,
    capabilities: ['completion'],
    pool: 'local',
    contextLength: 2048,
    slots: 1,
    needBytes: 100,
    loadMs: null,
    state: 'absent',
    preload: false,
    pinned: false,
    ttlSeconds: null,
    fit: 'fits',
    leaves: [],
    ...news,
  };
}

const ABSENT: Partial<ModelPlan> = { installedAs: null, runtimes: [], runtime: null };
const resident = (model: string, news: Partial<ResidentStatus> = {}): ResidentStatus =>
  ({ model, runtime: 'ollama', purpose: null, phase: 'ready', pinned: false, ...news }) as ResidentStatus;
const status = (...residents: ResidentStatus[]): EngineStatus =>
  ({
    residents,
    changes: [],
    runtimes: [],
    pools: [{ id: 'local', availableBytes: 2 ** 30 }],
  }) as unknown as EngineStatus;
const tag = (name: string, parent = ''): TaggedModel =>
  ({ name, details: { parent_model: parent, family: 'llama', quantization_level: 'Q4_1' } }) as TaggedModel;

describe('the list of models', () => {
  it('has those in memory first, then what is installed, then what only the catalog knows', () => {
    const plans = { models: [plan('gone', ABSENT), plan('idle'), plan('held')] };
    const rows = toModelRows({ plans, tags: [], status: status(resident('held')) });
    expect(rows.map(({ id, place }) => [id, place])).toEqual([
      ['held', 'memory'],
      ['idle', 'installed'],
      ['gone', 'absent'],
    ]);
  });

  it('goes by what the plans say until the state is there', () => {
    const rows = toModelRows({
      plans: { models: [plan('a', { state: 'ready' })] },
      tags: undefined,
      status: undefined,
    });
    expect(rows.map(({ place }) => place)).toEqual(['memory']);
  });

  it('finds a model by its installed name, and its adapters under their own', () => {
    const plans = { models: [plan('a', { installedAs: 'a-20b', adapters: ['a:erp'] })] };
    const held = status(resident('a-20b'), resident('a:erp', { pinned: true }));
    const [row] = toModelRows({ plans, tags: [tag('a-20b:latest')], status: held });
    expect(row!.residents).toHaveLength(2);
    expect([row!.tag?.name, row!.pinned]).toEqual(['a-20b:latest', true]);
  });

  it('says who answers for a model that is not installed, and shows no size of that one', () => {
    const plans = { models: [plan('gone', ABSENT)] };
    const [row] = toModelRows({ plans, tags: [tag('gone:latest', 'smollm2')], status: status() });
    expect([row!.standIn, row!.tag]).toEqual(['smollm2', undefined]);
  });

  it('has what is in memory even if no list has it any more', () => {
    const [row] = toModelRows({ plans: { models: [] }, tags: [], status: status(resident('orphan')) });
    expect([row!.id, row!.place, row!.plan]).toEqual(['orphan', 'memory', undefined]);
  });

  it('is searched by every word, wherever it stands, and by place', () => {
    const models = [plan('a', { aliases: ['alpha'] }), plan('b', { ...ABSENT, description: 'A big one' })];
    const rows = toModelRows({ plans: { models }, tags: [tag('a')], status: status() });
    const found = (text: string, place: 'all' | 'installed' | 'absent' | 'memory' = 'all') =>
      filterRows(rows, { text, place }).map(({ id }) => id);
    expect(found('ALPHA q4_1')).toEqual(['a']);
    expect(found('big')).toEqual(['b']);
    expect(found('alpha big')).toEqual([]);
    expect([found('', 'installed'), found('', 'absent'), found('', 'memory')]).toEqual([['a'], ['b'], []]);
  });

  it('is another one when something is pinned or memory is freed, not when something is used', () => {
    const of = (news: Partial<ResidentStatus>): string => residencyOf(status(resident('a', news)));
    expect(of({ slotsInUse: 1 })).toBe(of({ slotsInUse: 0 }));
    expect(of({ pinned: true })).not.toBe(of({}));
    const free = (availableBytes: number): string =>
      residencyOf({ ...status(), pools: [{ id: 'local', availableBytes } as PoolStatus] });
    expect(free(2 ** 30 + 1)).toBe(free(2 ** 30));
    expect(free(2 ** 31)).not.toBe(free(2 ** 30));
  });
});
