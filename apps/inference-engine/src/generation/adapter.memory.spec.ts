import { describe, expect, it } from '@jest/globals';
import { setUp, type House } from '../../test/residency.cases.js';
import type { LoadPlan } from '../runtime/runtime.contract.js';
import { SchedulerService, type Lease } from '../scheduler/scheduler.service.js';
import { AdapterService } from './adapter.service.js';

const NEVER = new AbortController().signal;
const TERMS = { queueLength: 10, maxWaitMs: 10_000 };

interface Engine extends House {
  readonly scheduler: SchedulerService;
  readonly adapters: AdapterService;
  readonly ask: (name: string, bytes: number) => Promise<Lease>;
  /** Lets loads wait until it is called. */
  readonly holdLoads: () => () => void;
  readonly ready: () => string[];
}

/** A budget of 2000 bytes; models take what they are asked with, and an adapter over one adds 300. */
function engine(): Engine {
  const house = setUp({ budgetBytes: 2000 });
  const { runtime, residency, demand } = house;
  const sizes = new Map<string, number>();
  let gate = Promise.resolve();
  const holdLoads = (): (() => void) => {
    let open = (): void => undefined;
    gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  };
  Object.assign(runtime, {
    load: async ({ name }: LoadPlan) => {
      await gate;
      return { bytes: sizes.get(name) };
    },
    attachments: {
      attached: () => [],
      attach: ({ name }: LoadPlan) => Promise.resolve({ addedBytes: 300, bytes: (sizes.get(name) ?? 0) + 300 }),
    },
  });
  Object.assign(residency.additions, { needOf: () => Promise.resolve(300) });
  const scheduler = new SchedulerService(residency, { tiers: { small: TERMS, main: TERMS } });
  residency.onMeasured((key, bytes) => {
    scheduler.measured(key, bytes);
  });
  const ask = async (name: string, bytes: number): Promise<Lease> => {
    sizes.set(name, bytes);
    const wanted = demand(name, bytes);
    return scheduler.acquire({ demand: wanted, tier: 'small', caller: 'a', signal: NEVER, timeoutMs: 60_000 });
  };
  const ready = (): string[] => scheduler.snapshot().residents.map(({ demand: { key } }) => key);
  return { ...house, scheduler, adapters: new AdapterService(scheduler, residency), ask, holdLoads, ready };
}

describe('an adapter that comes while a model is on its way', () => {
  it('lets only as many idle models go as it needs, once the other one is there', async () => {
    const { adapters, ask, holdLoads, ready, runtime, residency } = engine();
    const base = await ask('base', 300);
    for (const name of ['i1', 'i2']) (await ask(name, 300)).release();
    const open = holdLoads();
    const coming = ask('c', 900);
    const attaching = adapters.attach(base.demand, { name: 'base:x', path: '/x' }, NEVER);
    await new Promise(setImmediate);
    expect(runtime.calls.filter((call) => call.startsWith('unload'))).toEqual([]);
    open();
    await attaching;
    await coming;
    expect(ready()).toEqual(['ollama/base', 'ollama/i2', 'ollama/c']);
    expect(residency.availableBytes('local')).toBe(200);
  });

  it('takes no memory that was promised to the next load', async () => {
    const { adapters, ask, holdLoads, ready, residency } = engine();
    const base = await ask('base', 300);
    const open = holdLoads();
    const first = ask('b', 700);
    const second = ask('c', 900);
    const attaching = adapters.attach(base.demand, { name: 'base:x', path: '/x' }, NEVER);
    await attaching;
    open();
    (await first).release();
    await second;
    expect(ready()).toEqual(['ollama/base', 'ollama/c']);
    expect(residency.availableBytes('local')).toBe(500);
  });
});
