import { beforeEach, describe, expect, it } from '@jest/globals';
import { backendUnavailable, invalidRequest } from '@local-llm-agent/contracts';
import { createLogger } from '@local-llm-agent/observability';
import type { Places, ResolvedModel } from '../residency/model.directory.js';
import type { ResidencyService } from '../residency/residency.service.js';
import type { Runtime } from '../runtime/runtime.contract.js';
import type { SchedulerService } from '../scheduler/scheduler.service.js';
import { PlacementService, type PlacementOrder } from './placement.service.js';
import type { ResidentCheck } from './resident-check.service.js';
import { RuntimeWatch } from './runtime-watch.service.js';

const GONE = backendUnavailable('gone', { origin: 'runtime', lost: 'runtime' });

describe('PlacementService', () => {
  let up: Record<string, boolean>;
  let resident: string[];
  let unknown: string[];
  let looks: string[];
  let placement: PlacementService;
  let watch: RuntimeWatch;
  let places: Places;
  let order: PlacementOrder;

  beforeEach(() => {
    up = { a: true, b: true };
    resident = [];
    unknown = [];
    looks = [];
    const models = ['a', 'b'].map((id) => {
      const runtime = { id, health: () => Promise.resolve({ up: up[id], detail: `${id} is down` }) };
      return { runtime, name: 'm' } as unknown as ResolvedModel;
    });
    places = models as unknown as Places;
    const residency = {
      known: ({ runtime }: { runtime: Runtime }) =>
        unknown.includes(runtime.id)
          ? Promise.reject(GONE)
          : { demand: { key: `${runtime.id}/m`, pool: runtime.id, slots: 1, needBytes: 1, contextLength: 1 } },
      availableBytes: () => 10,
    };
    const scheduler = {
      // A copy of all that is known, for each host and request, would be dear.
      snapshot: () => {
        throw new Error('a snapshot was taken');
      },
      phaseOf: (key: string) => (resident.some((id) => key === `${id}/m`) ? 'ready' : undefined),
    };
    watch = new RuntimeWatch(
      models.map(({ runtime }) => runtime),
      { onLost: () => undefined, onGone: () => undefined, onBack: () => Promise.resolve() },
      createLogger({ service: 'test', level: 'silent' }),
    );
    placement = new PlacementService(
      residency as unknown as ResidencyService,
      scheduler as unknown as SchedulerService,
      watch,
      { look: ({ id }: Runtime) => looks.push(id) } as unknown as ResidentCheck,
    );
    order = { purpose: 'generation', signal: new AbortController().signal, avoid: [] };
  });

  const placed = async (more: Partial<PlacementOrder> = {}): Promise<string> =>
    (await placement.place(places, { ...order, ...more })).runtime.id;

  async function lose(id: 'a' | 'b'): Promise<void> {
    up[id] = false;
    const { runtime } = places.find((place) => place.runtime.id === id)!;
    for (let i = 0; i < 3; i += 1) await watch.health(runtime, 1000);
  }

  it('takes the only place there is without a promise', () => {
    expect(placement.place([places[0]], order)).toBe(places[0]);
  });

  it('takes the place where the model is in memory', async () => {
    resident = ['b'];
    expect(await placed()).toBe('b');
  });

  it('spreads requests by what is under way', async () => {
    resident = ['a', 'b'];
    const over = placement.count('a/m');
    expect(await placed()).toBe('b');
    placement.count('b/m');
    over();
    expect(await placed()).toBe('a');
  });

  it('keeps a conversation where it was', async () => {
    resident = ['a', 'b'];
    const turn = { beginning: () => 'user: hello' };
    placement.count('a/m');
    expect(await placed(turn)).toBe('b');
    placement.count('b/m');
    placement.count('b/m');
    // One round more is ahead of it there, but not two.
    placement.count('a/m');
    expect(await placed(turn)).toBe('b');
    expect(await placed({ beginning: () => 'user: bye' })).toBe('a');
  });

  it('leaves out a runtime that is lost, and one where the request failed', async () => {
    expect(await placed({ avoid: [places[0].runtime] })).toBe('b');
    await lose('a');
    expect(await placed()).toBe('b');
    const hosts = places.map(({ runtime }) => runtime);
    expect(placement.hasOther(hosts, [hosts[1]!])).toBe(false);
    expect(placement.hasOther(hosts, [])).toBe(true);
  });

  it('leaves out a runtime that cannot tell what the model is', async () => {
    unknown = ['a'];
    expect(await placed()).toBe('b');
    unknown = ['a', 'b'];
    await expect(placed()).rejects.toBe(GONE);
  });

  it('has a look at what a runtime still holds after an error of it, and only then', () => {
    placement.failed(places[1]!.runtime, GONE);
    placement.failed(places[0].runtime, invalidRequest('no'));
    placement.failed(undefined, GONE);
    expect(looks).toEqual(['b']);
  });

  it('refuses at once, with a time to come back, when all are lost', async () => {
    await lose('a');
    await lose('b');
    await expect(placed()).rejects.toMatchObject({ status: 503, message: 'a is down', retryAfterSeconds: 2 });
    await expect(placement.place([places[1]!], order)).rejects.toMatchObject({ message: 'b is down', lost: undefined });
  });
});
