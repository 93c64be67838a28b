import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { RequestWatch } from '@local-llm-agent/http';
import { createLogger } from '@local-llm-agent/observability';
import { FakeRuntime, setUp } from '../test/residency.cases.js';
import { EngineLifecycle } from './engine.lifecycle.js';
import type { RuntimeWatch } from './placement/runtime-watch.service.js';
import type { ResidencyService } from './residency/residency.service.js';
import { SchedulerService } from './scheduler/scheduler.service.js';

const TIER = { queueLength: 10, maxWaitMs: 1000 };

const hosts = { begin: () => undefined, close: () => Promise.resolve() } as unknown as RuntimeWatch;

function lifecycleOf(residency: ResidencyService): { scheduler: SchedulerService; lifecycle: EngineLifecycle } {
  const scheduler = new SchedulerService(residency, { tiers: { small: TIER, main: TIER } });
  const logger = createLogger({ service: 'test', level: 'silent' });
  return { scheduler, lifecycle: new EngineLifecycle(logger, residency, scheduler, hosts, new RequestWatch()) };
}

describe('EngineLifecycle', () => {
  it('lets idle models go, unused for longest first, when the machine runs short of memory, and says why', async () => {
    const runtime = new FakeRuntime();
    let taken = 0;
    const used = (): number => [...runtime.inMemory.values()].reduce((sum, bytes) => sum + bytes, 0);
    const { residency, demand } = setUp({
      rooms: [{ runtime, localMemory: true }],
      memory: { availableBytes: () => 3000 - used() - taken },
    });
    const { scheduler, lifecycle } = lifecycleOf(residency);
    const use = async (name: string): Promise<() => void> => {
      const { signal } = new AbortController();
      const order = { demand: demand(name), tier: 'small', caller: 'a', signal, timeoutMs: 1000 } as const;
      const lease = await scheduler.acquire(order);
      return () => {
        lease.release();
      };
    };
    for (const name of ['old', 'young']) (await use(name))();
    const release = await use('busy');
    taken = 1000;
    await lifecycle.begin();
    while (runtime.inMemory.size > 2) await turn();
    expect([...runtime.inMemory.keys()]).toEqual(['young', 'busy']);
    expect(scheduler.snapshot().decisions.at(-1)).toMatchObject({
      type: 'unload',
      key: 'ollama/old',
      reason: 'memory pressure: 1 MiB less than must be left free',
    });
    release();
    await lifecycle.onModuleDestroy();
  });

  it('has begun when the runtimes have said what somebody else loaded there', async () => {
    const { runtime, residency } = setUp();
    runtime.inMemory.set('foreign', 900);
    let answer = (): void => undefined;
    runtime.meanwhile = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const { lifecycle } = lifecycleOf(residency);
    let begun = false;
    const beginning = lifecycle.begin().then(() => {
      begun = true;
    });
    await turn();
    expect(begun).toBe(false);
    answer();
    await beginning;
    expect(residency.pools()).toMatchObject([{ strangers: [{ model: 'foreign', bytes: 900 }] }]);
    await lifecycle.onModuleDestroy();
  });
});
