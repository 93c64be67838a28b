import { describe, expect, it } from '@jest/globals';
import type { ResidencyService } from '../residency/residency.service.js';
import type { SchedulerService } from '../scheduler/scheduler.service.js';
import type { ModelDemand, Resident } from '../scheduler/scheduler.types.js';
import { AdapterService } from './adapter.service.js';

const NEVER = new AbortController().signal;
const LORA = { name: 'a:x', path: '/x.gguf' };

function demandOf(key: string, pool = 'local'): ModelDemand {
  return { key, pool, needBytes: 100, slots: 1, contextLength: 1 };
}

function resident(key: string, lastUsedAt: number, fields: Partial<Resident> & { pool?: string } = {}): Resident {
  const { pool, ...rest } = fields;
  return {
    demand: demandOf(key, pool),
    bytes: 100,
    phase: 'ready',
    since: 0,
    slotsInUse: 0,
    lastUsedAt,
    grants: 1,
    ...rest,
  };
}

/** A machine with 50 bytes free, and the models in it; each that leaves gives 100. */
function setUp(
  residents: readonly Resident[],
  need: number | undefined,
  { pinned = [], changesUnderWay = 0 }: { pinned?: string[]; changesUnderWay?: number } = {},
): { adapters: AdapterService; calls: string[] } {
  const calls: string[] = [];
  let free = 50;
  const gone = new Set<string>();
  let changes = changesUnderWay;
  const scheduler = {
    snapshot: () => ({ residents: residents.filter(({ demand }) => !gone.has(demand.key)), pinned }),
    change: () => {
      if (changes === 0) return undefined;
      changes -= 1;
      calls.push('wait');
      return Promise.resolve();
    },
    unload: (key: string) => {
      calls.push(`unload ${key}`);
      free += 100;
      gone.add(key);
      return Promise.resolve(true);
    },
  } as unknown as SchedulerService;
  const residency = {
    availableBytes: () => free,
    additions: {
      needOf: () => Promise.resolve(need),
      attach: (_: ModelDemand, { needBytes }: { needBytes: number }) => {
        calls.push(`attach with ${needBytes}`);
        return Promise.resolve();
      },
    },
  } as unknown as ResidencyService;
  return { adapters: new AdapterService(scheduler, residency), calls };
}

describe('an adapter that is asked for', () => {
  it('needs nothing when it is there', async () => {
    const { adapters, calls } = setUp([resident('a', 1), resident('b', 1)], undefined);
    await adapters.attach(demandOf('a'), LORA, NEVER);
    expect(calls).toEqual([]);
  });

  it('makes nobody leave when there is memory', async () => {
    const { adapters, calls } = setUp([resident('a', 1), resident('b', 1)], 50);
    await adapters.attach(demandOf('a'), LORA, NEVER);
    expect(calls).toEqual(['attach with 50']);
  });

  it('makes those leave that were unused for longest, and no more than it needs', async () => {
    const { adapters, calls } = setUp([resident('a', 0), resident('b', 3), resident('c', 1), resident('d', 2)], 200);
    await adapters.attach(demandOf('a'), LORA, NEVER);
    expect(calls).toEqual(['unload c', 'unload d', 'attach with 200']);
  });

  it('waits for a change of memory that is under way before anybody leaves', async () => {
    const { adapters, calls } = setUp([resident('a', 0), resident('b', 1), resident('c', 2)], 150, {
      changesUnderWay: 2,
    });
    await adapters.attach(demandOf('a'), LORA, NEVER);
    expect(calls).toEqual(['wait', 'wait', 'unload b', 'attach with 150']);
  });

  it('does not wait for changes without end', async () => {
    const { adapters, calls } = setUp([resident('a', 0), resident('b', 1)], 150, { changesUnderWay: Infinity });
    await adapters.attach(demandOf('a'), LORA, NEVER);
    // The ninth is seen, and no more waited for.
    expect(calls).toEqual([...Array<string>(9).fill('wait'), 'attach with 150']);
  });

  it('leaves those in peace that work, are on their way, are pinned or live elsewhere', async () => {
    const others = [
      resident('busy', 1, { slotsInUse: 1 }),
      resident('coming', 1, { phase: 'loading' }),
      resident('pinned', 1),
      resident('remote', 1, { pool: 'ollama' }),
    ];
    const { adapters, calls } = setUp([resident('a', 0), ...others], 200, { pinned: ['pinned'] });
    await adapters.attach(demandOf('a'), LORA, NEVER);
    expect(calls).toEqual(['attach with 200']);
  });
});
