import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { RequestWatch } from '@local-llm-agent/http';
import { createLogger } from '@local-llm-agent/observability';
import { FakeRuntime, setUp } from '../test/residency.cases.js';
import { EngineLifecycle } from './engine.lifecycle.js';
import type { RuntimeWatch } from './placement/runtime-watch.service.js';
import { SchedulerService } from './scheduler/scheduler.service.js';

const TIER = { queueLength: 10, maxWaitMs: 1000 };

describe('EngineLifecycle', () => {
  it('lets idle models go, unused for longest first, when the machine runs short of memory, and says why', async () => {
    const runtime = new FakeRuntime();
    let taken = 0;
    const used = (): number => [...runtime.inMemory.values()].reduce((sum, bytes) => sum + bytes, 0);
    const { residency, demand } = setUp({
      rooms: [{ runtime, localMemory: true }],
      memory: { availableBytes: () => 3000 - used() - taken },
    });
    const scheduler = new SchedulerService(residency, { tiers: { small: TIER, main: TIER } });
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
    const hosts = { begin: () => undefined, close: () => Promise.resolve() } as unknown as RuntimeWatch;
    const logger = createLogger({ service: 'test', level: 'silent' });
    const lifecycle = new EngineLifecycle(logger, residency, scheduler, hosts, new RequestWatch());
    lifecycle.begin();
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
});
