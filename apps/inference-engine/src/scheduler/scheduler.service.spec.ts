import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ApiError, backendUnavailable } from '@local-llm-agent/contracts';
import { SchedulerService, type Lease, type LeaseRequest } from './scheduler.service.js';
import type { Effects, ModelDemand } from './scheduler.types.js';

interface Pending<T> {
  readonly key: string;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** A room whose loads and unloads end when the test says so. */
class FakeRoom implements Effects {
  readonly loads: Pending<number | undefined>[] = [];
  readonly unloads: Pending<void>[] = [];
  readonly forgotten: string[] = [];
  readonly pinned: [key: string, pinned: boolean][] = [];
  free = 10;
  readings = 0;

  load(demand: ModelDemand): Promise<number | undefined> {
    return new Promise((resolve, reject) => this.loads.push({ key: demand.key, resolve, reject }));
  }

  unload(key: string): Promise<void> {
    return new Promise((resolve, reject) => this.unloads.push({ key, resolve, reject }));
  }

  availableBytes(): number {
    this.readings += 1;
    return this.free;
  }

  pin(key: string, pinned: boolean): void {
    this.pinned.push([key, pinned]);
  }

  forget(key: string): void {
    this.forgotten.push(key);
  }
}

const demandOf = (key: string, needBytes = 4, slots = 1): ModelDemand => ({ key, needBytes, slots, contextLength: 1 });

function setUp(queueLength = 10): {
  room: FakeRoom;
  scheduler: SchedulerService;
  ask: (demand: ModelDemand, fields?: Partial<LeaseRequest>) => Lease | Promise<Lease>;
} {
  const room = new FakeRoom();
  const scheduler = new SchedulerService(room, {
    tiers: { small: { queueLength, maxWaitMs: 10_000 }, main: { queueLength, maxWaitMs: 60_000 } },
  });
  const ask = (demand: ModelDemand, fields: Partial<LeaseRequest> = {}): Lease | Promise<Lease> =>
    scheduler.acquire({
      demand,
      tier: 'small',
      caller: 'a',
      signal: new AbortController().signal,
      timeoutMs: 60_000,
      ...fields,
    });
  return { room, scheduler, ask };
}

async function bringIn(key: string, { room, ask }: ReturnType<typeof setUp>, slots = 1): Promise<Lease> {
  const lease = ask(demandOf(key, 4, slots));
  room.loads.at(-1)?.resolve(undefined);
  room.free -= 4;
  return await lease;
}

describe('SchedulerService', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('loads the model and gives the lease when it is there', async () => {
    const house = setUp();
    const lease = await bringIn('a', house);
    expect(lease.demand.key).toBe('a');
    expect(house.room.loads.map(({ key }) => key)).toEqual(['a']);
  });

  it('gives a free slot without a promise, a timer or a look at the memory', async () => {
    const house = setUp();
    const first = await bringIn('a', house, 2);
    jest.useFakeTimers();
    house.room.readings = 0;
    const second = house.ask(demandOf('a'));
    expect(second).not.toBeInstanceOf(Promise);
    expect(jest.getTimerCount()).toBe(0);
    expect(house.room.readings).toBe(0);
    expect((second as Lease).demand).toBe(first.demand);
  });

  it('gives the slot to the next one when the lease is released, once', async () => {
    const house = setUp();
    const first = await bringIn('a', house);
    const second = house.ask(demandOf('a'));
    const third = house.ask(demandOf('a'));
    first.release();
    first.release();
    const lease = await second;
    expect(house.scheduler.snapshot().waiting.small).toBe(1);
    lease.release();
    (await third).release();
    expect(house.scheduler.snapshot().residents[0]?.slotsInUse).toBe(0);
  });

  it('answers 504 when the wait is too long, and frees the place in the queue', async () => {
    const house = setUp();
    await bringIn('a', house);
    jest.useFakeTimers();
    const late = house.ask(demandOf('a'), { timeoutMs: 30_000, tier: 'main' });
    const caught = (late as Promise<Lease>).catch((error: unknown) => error);
    jest.advanceTimersByTime(30_000);
    expect(await caught).toMatchObject({ code: 'inference_timeout', status: 504 });
    expect(((await caught) as ApiError).message).toBe(
      'The request waited 30 s for a free slot of a. Try again later, or raise timeoutSeconds of tier main in the catalog.',
    );
    expect(house.scheduler.snapshot().waiting.main).toBe(0);
  });

  it('leaves no timer behind when the wait ends well', async () => {
    const house = setUp();
    const first = await bringIn('a', house);
    jest.useFakeTimers();
    const second = house.ask(demandOf('a'));
    expect(jest.getTimerCount()).toBe(1);
    first.release();
    await second;
    expect(jest.getTimerCount()).toBe(0);
  });

  it('rejects with the reason of the signal and loads nothing for who has left', async () => {
    const house = setUp();
    const first = await bringIn('a', house);
    const controller = new AbortController();
    const reason = new Error('client gone');
    const waiting = house.ask(demandOf('big', 8), { signal: controller.signal });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    first.release();
    expect(house.room.unloads).toEqual([]);
    expect(house.room.loads).toHaveLength(1);
  });

  it('rejects at once when the signal is aborted already', async () => {
    const house = setUp();
    const reason = new Error('client gone');
    await expect(house.ask(demandOf('a'), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(house.room.loads).toEqual([]);
  });

  it('keeps a lease that was given when its signal is aborted later', async () => {
    const house = setUp();
    const controller = new AbortController();
    const wish = house.ask(demandOf('a'), { signal: controller.signal });
    house.room.loads[0]?.resolve(undefined);
    const lease = await wish;
    controller.abort();
    expect(house.scheduler.snapshot().residents[0]?.slotsInUse).toBe(1);
    lease.release();
    expect(house.scheduler.snapshot().residents[0]?.slotsInUse).toBe(0);
  });

  it('passes the error of a load to all who wait for it, and tries again for the next', async () => {
    const house = setUp();
    const first = house.ask(demandOf('a'));
    const second = house.ask(demandOf('a'));
    const error = backendUnavailable('The model file is broken.');
    house.room.loads[0]?.reject(error);
    await expect(first).rejects.toBe(error);
    await expect(second).rejects.toBe(error);
    await expect(bringIn('a', house)).resolves.toMatchObject({ demand: { key: 'a' } });
  });

  it('hides what a load throws that is no error of ours', async () => {
    const house = setUp();
    const wish = house.ask(demandOf('a'));
    house.room.loads[0]?.reject(new TypeError('secret'));
    await expect(wish).rejects.toMatchObject({ code: 'internal_error' });
  });

  it('refuses what does not fit, and what finds the queue full', async () => {
    const house = setUp(1);
    await expect(house.ask(demandOf('a', 11 * 2 ** 30))).rejects.toMatchObject({
      status: 503,
      lasting: true,
      message: expect.stringMatching(/requires more system memory \(11.0 GiB\)/),
    });
    await bringIn('a', house);
    const waiting = house.ask(demandOf('a'));
    await expect(house.ask(demandOf('a'))).rejects.toMatchObject({ status: 503, retryAfterSeconds: 1 });
    house.scheduler.close();
    await expect(waiting).rejects.toBeInstanceOf(ApiError);
  });

  it('swaps models and goes on when an unload fails', async () => {
    const house = setUp();
    const first = await bringIn('a', house);
    const wish = house.ask(demandOf('big', 8));
    first.release();
    expect(house.room.unloads.map(({ key }) => key)).toEqual(['a']);
    house.room.free = 10;
    house.room.unloads[0]?.reject(new Error('runtime is gone'));
    await new Promise(setImmediate);
    expect(house.room.loads.map(({ key }) => key)).toEqual(['a', 'big']);
    house.room.loads[1]?.resolve(8);
    expect((await wish).demand.key).toBe('big');
  });

  it('loads a lost model again', async () => {
    const house = setUp();
    await bringIn('a', house);
    house.scheduler.lost('a');
    expect(house.room.forgotten).toEqual(['a']);
    house.room.free = 10;
    const wish = house.ask(demandOf('a'));
    expect(house.room.loads).toHaveLength(2);
    house.room.loads[1]?.resolve(undefined);
    expect((await wish).demand.key).toBe('a');
  });

  it('refuses those that wait and all that come when it is closed, and takes releases still', async () => {
    const house = setUp();
    const lease = await bringIn('a', house);
    const waiting = house.ask(demandOf('a'));
    house.scheduler.close();
    house.scheduler.close();
    await expect(waiting).rejects.toMatchObject({
      code: 'backend_unavailable',
      message: expect.stringMatching(/is shutting down/),
    });
    await expect(house.ask(demandOf('a'))).rejects.toMatchObject({ code: 'backend_unavailable' });
    lease.release();
    expect(house.scheduler.snapshot().residents[0]?.slotsInUse).toBe(0);
  });

  it('says when the change that is under way in a pool has ended', async () => {
    const house = setUp();
    expect(house.scheduler.change('local')).toBeUndefined();
    const waiting = house.ask(demandOf('a'));
    const change = house.scheduler.change('local');
    expect(house.scheduler.change('far')).toBeUndefined();
    house.room.loads[0]?.resolve(undefined);
    await change;
    expect(house.scheduler.change('local')).toBeUndefined();
    (await waiting).release();
    const unloaded = house.scheduler.unload('a');
    house.room.unloads[0]?.resolve();
    await house.scheduler.change('local');
    expect(house.scheduler.snapshot().residents).toEqual([]);
    await unloaded;
  });

  it('tells the room which models stay, and takes note of one that was there before', () => {
    const house = setUp();
    house.scheduler.pin('a', true);
    expect(house.room.pinned).toEqual([['a', true]]);
    house.scheduler.found({ ...demandOf('a'), contextLength: 0 });
    house.scheduler.found(demandOf('a'));
    expect(house.scheduler.snapshot().residents).toMatchObject([{ phase: 'ready', demand: { contextLength: 0 } }]);
  });

  it('unloads an idle model on demand, and says so when it is out of memory', async () => {
    const house = setUp();
    (await bringIn('a', house)).release();
    const unloaded = house.scheduler.unload('a');
    expect(house.scheduler.snapshot().residents[0]?.phase).toBe('unloading');
    house.room.unloads[0]?.resolve();
    expect(await unloaded).toBe(true);
    expect(house.scheduler.snapshot().residents).toEqual([]);
    expect(await house.scheduler.unload('a')).toBe(true);
  });

  it('says at once that a model in use stays, and lets it go later', async () => {
    const house = setUp();
    const lease = await bringIn('a', house);
    expect(await house.scheduler.unload('a')).toBe(false);
    lease.release();
    expect(house.room.unloads.map(({ key }) => key)).toEqual(['a']);
  });

  it('looks again by itself when somebody passes the bound, with one timer', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
    const house = setUp();
    const lease = await bringIn('a', house, 2);
    jest.advanceTimersByTime(60_000);
    const big = house.ask(demandOf('big', 8));
    const other = house.ask(demandOf('other', 8));
    // One for each that waits, and the one of the scheduler.
    expect(jest.getTimerCount()).toBe(3);
    jest.advanceTimersByTime(10_000);
    const late = house.ask(demandOf('a'));
    expect(late).toBeInstanceOf(Promise);
    lease.release();
    expect(house.room.unloads.map(({ key }) => key)).toEqual(['a']);
    house.scheduler.close();
    expect(jest.getTimerCount()).toBe(0);
    await Promise.allSettled([big, other, late]);
  });

  it('unloads a model when its time to live is over, and lets the process end before that', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
    const house = setUp();
    const wish = house.ask({ ...demandOf('a'), ttlMs: 5000 });
    house.room.loads[0]?.resolve(undefined);
    (await wish).release();
    jest.advanceTimersByTime(4000);
    expect(house.room.unloads).toEqual([]);
    jest.advanceTimersByTime(1000);
    expect(house.room.unloads.map(({ key }) => key)).toEqual(['a']);
  });

  it('keeps a pinned model, and says so to who wants it out', async () => {
    const house = setUp();
    (await bringIn('a', house)).release();
    house.scheduler.pin('a', true);
    expect(await house.scheduler.unload('a')).toBe(false);
    await expect(house.ask(demandOf('big', 8))).rejects.toMatchObject({
      status: 503,
      message: expect.stringMatching(/beside a, which is pinned/),
    });
    house.scheduler.pin('a', false);
    expect(house.room.unloads.map(({ key }) => key)).toEqual(['a']);
  });

  it('takes up what a model takes by now', async () => {
    const house = setUp();
    (await bringIn('a', house)).release();
    house.scheduler.measured('a', 6);
    expect(house.scheduler.snapshot().residents[0]?.bytes).toBe(6);
  });
});
