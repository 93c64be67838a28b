import { describe, expect, it } from '@jest/globals';
import { Machine } from '../../test/scheduler.machine.js';

/** A machine with room for so many models, each of which takes a second to load. */
function roomFor(models = 1): Machine {
  const tuning = { sliceLoads: 4, batchPerSlot: 16, batchMs: 20_000, windowShare: 0.25, smallPerMain: 2 };
  return new Machine({ memory: models, loadMs: 1000, tuning });
}

describe('SchedulerState, turns', () => {
  it('serves all that wait for the model in memory before it swaps, also those that came later', () => {
    const machine = roomFor().withBusy('a', 1);
    expect(machine.ask(2, 'b')).toEqual([]);
    expect(machine.ask(3, 'a')).toEqual([]);
    expect(machine.release(1)).toEqual(['grant 3']);
    expect(machine.ask(4, 'a')).toEqual([]);
    expect(machine.release(3)).toEqual(['grant 4']);
    expect(machine.release(4)).toEqual(['unload a']);
    expect(machine.unloaded('a')).toEqual(['load b']);
    expect(machine.loaded('b')).toEqual(['grant 2']);
  });

  it('swaps when somebody is past the bound, once the turn has lasted long enough', () => {
    const machine = roomFor().withBusy('a', 1);
    for (let id = 100; id < 140; id += 1) machine.ask(id, 'a');
    machine.at(2000).ask(2, 'b');
    expect(machine.state.wakeAt()).toBe(12_000);
    expect(machine.at(12_000).tick()).toEqual([]);
    expect(machine.state.wakeAt()).toBe(21_000);
    expect(machine.at(20_999).release(1)).toEqual(['grant 100']);
    expect(machine.at(21_000).tick()).toEqual([]);
    expect(machine.release(100)).toEqual(['unload a']);
    expect(machine.reasons().at(-1)).toBe('unload a: makes room: b waited 19 s, longer than the 10 s of tier small');
  });

  it('ends the turn as soon as a batch is served and the load has paid off', () => {
    const machine = roomFor().withBusy('a', 1);
    for (let id = 101; id < 140; id += 1) machine.ask(id, 'a');
    machine.ask(2, 'b');
    machine.at(11_500).release(1);
    for (let id = 101; id < 115; id += 1) expect(machine.release(id)).toEqual([`grant ${id + 1}`]);
    expect(machine.release(115)).toEqual(['unload a']);
  });

  it('takes no more requests for a model that has to go for one past its bound', () => {
    const machine = roomFor().withBusy('a', 1, { demand: { slots: 2 } });
    machine.ask(2, 'b');
    machine.at(30_000).tick();
    expect(machine.ask(3, 'a')).toEqual([]);
    expect(machine.release(1)).toEqual(['unload a']);
  });

  it('opens it again when nobody needs its memory any more', () => {
    const machine = roomFor().withBusy('a', 1, { demand: { slots: 2 } });
    machine.ask(2, 'b');
    machine.at(30_000).tick();
    machine.ask(3, 'a');
    expect(machine.send({ type: 'cancelled', ticketId: 2 })).toEqual(['grant 3']);
  });

  it('brings the model first that is past its bound for longest', () => {
    const machine = roomFor().withBusy('a', 1);
    machine.ask(2, 'b', { tier: 'main' });
    machine.at(55_000).ask(3, 'c');
    machine.at(70_000).tick();
    expect(machine.release(1)).toEqual(['unload a']);
    expect(machine.unloaded('a')).toEqual(['load b']);
  });

  it('brings the model first whose bound is nearest when nobody is past it', () => {
    const machine = roomFor().withBusy('a', 1);
    machine.ask(2, 'b', { tier: 'main' });
    machine.ask(3, 'c');
    machine.release(1);
    expect(machine.unloaded('a')).toEqual(['load c']);
  });

  it('counts the wait of a long queue from when it was last served', () => {
    const machine = roomFor().withBusy('a', 1);
    for (let id = 100; id < 150; id += 1) machine.ask(id, 'a');
    machine.ask(2, 'b');
    machine.at(20_000).release(1);
    expect(machine.at(21_000).release(100)).toEqual(['unload a']);
    machine.unloaded('a');
    machine.loaded('b');
    for (let id = 200; id < 250; id += 1) machine.ask(id, 'b');
    expect(machine.state.wakeAt()).toBe(30_000);
  });

  it('keeps what an overdue model waits for from those that came later', () => {
    const machine = roomFor(2).withBusy('a', 1).withBusy('b', 2);
    machine.ask(3, 'large', { demand: { needBytes: 2 } });
    expect(machine.at(60_000).tick()).toEqual([]);
    expect(machine.release(1)).toEqual([]);
    expect(machine.ask(4, 'c')).toEqual([]);
    expect(machine.release(2)).toEqual(['unload a', 'unload b']);
  });

  it('gives idle memory to a later one that can use it, while nobody is past the bound', () => {
    const machine = roomFor(2).withBusy('a', 1).withBusy('b', 2);
    machine.ask(3, 'large', { demand: { needBytes: 2 } });
    machine.release(1);
    expect(machine.ask(4, 'c')).toEqual(['unload a']);
  });
});

describe('SchedulerState, callers who come back', () => {
  /** A caller who asks model a again and again, some ms after each answer. */
  function regular(gapMs: number): Machine {
    const machine = roomFor().withBusy('a', 1, { caller: 'regular' });
    for (let id = 2; id < 6; id += 1) {
      machine.release(id - 1);
      machine.at(machine.now + gapMs).ask(id, 'a', { caller: 'regular' });
    }
    machine.ask(20, 'b');
    return machine;
  }

  it('keeps an idle model for a moment when its caller has always come back at once', () => {
    const machine = regular(10);
    expect(machine.release(5)).toEqual([]);
    expect(machine.state.wakeAt()).toBe(machine.now + 10);
    expect(machine.at(machine.now + 9).ask(6, 'a', { caller: 'regular' })).toEqual(['grant 6']);
  });

  it('swaps when the moment is over', () => {
    const machine = regular(10);
    machine.release(5);
    expect(machine.at(machine.now + 10).tick()).toEqual(['unload a']);
  });

  it('swaps at once when the caller asks for another model instead', () => {
    const machine = regular(10);
    machine.release(5);
    expect(machine.ask(6, 'b', { caller: 'regular' })).toEqual(['unload a']);
  });

  it('does not wait for a caller whose pauses are long beside a load', () => {
    expect(regular(300).release(5)).toEqual(['unload a']);
  });

  it('does not wait for somebody who was never seen before', () => {
    const machine = roomFor().withBusy('a', 1);
    machine.ask(2, 'b');
    expect(machine.release(1)).toEqual(['unload a']);
  });
});

describe('SchedulerState, larger contexts', () => {
  const larger = { demand: { contextLength: 8192 } };

  it('loads the model anew when a request needs more than it was loaded with', () => {
    const machine = roomFor().withBusy('a', 1);
    expect(machine.ask(2, 'a', larger)).toEqual([]);
    expect(machine.release(1)).toEqual(['unload a']);
    expect(machine.reasons().at(-1)).toBe('unload a: comes back with a context of 8192 tokens: 1 request waits for a');
    expect(machine.unloaded('a')).toEqual(['load a']);
    expect(machine.loaded('a')).toEqual(['grant 2']);
    expect(machine.state.snapshot().residents[0]?.demand.contextLength).toBe(8192);
  });

  it('serves the others meanwhile, until the larger one is past its bound', () => {
    const machine = roomFor().withBusy('a', 1);
    machine.ask(2, 'a', larger);
    machine.ask(3, 'a');
    expect(machine.release(1)).toEqual(['grant 3']);
    machine.ask(4, 'a');
    machine.at(30_000);
    expect(machine.release(3)).toEqual(['unload a']);
    expect(machine.unloaded('a')).toEqual(['load a']);
    expect(machine.loaded('a')).toEqual(['grant 2']);
    expect(machine.release(2)).toEqual(['grant 4']);
  });

  it('serves a request for less with the larger model', () => {
    const machine = roomFor().withBusy('a', 1, { demand: { contextLength: 8192, slots: 2 } });
    expect(machine.ask(2, 'a')).toEqual(['grant 2']);
  });

  it('loads with what is asked for then after the model has left memory', () => {
    const machine = roomFor().withBusy('a', 1, larger);
    machine.ask(2, 'b');
    machine.release(1);
    machine.unloaded('a');
    machine.loaded('b');
    machine.ask(3, 'a');
    machine.release(2);
    machine.unloaded('b');
    machine.loaded('a');
    expect(machine.state.snapshot().residents[0]?.demand.contextLength).toBe(4096);
  });

  it('refuses only what does not fit', () => {
    const machine = roomFor().withBusy('a', 1);
    expect(machine.ask(2, 'a', { demand: { contextLength: 8192, needBytes: 2 } })).toEqual([
      expect.stringMatching(/^refuse 2: /),
    ]);
    expect(machine.ask(3, 'a')).toEqual([]);
    expect(machine.release(1)).toEqual(['grant 3']);
  });
});

describe('SchedulerState, families', () => {
  it('lets a model go for another of its family, however much memory there is', () => {
    const family = { demand: { family: 'base' } };
    const machine = roomFor(3).withBusy('a', 1, family);
    expect(machine.ask(2, 'a:tuned', family)).toEqual([]);
    expect(machine.release(1)).toEqual(['unload a']);
    expect(machine.unloaded('a')).toEqual(['load a:tuned']);
  });
});

describe('SchedulerState, models that stay', () => {
  const pin = (machine: Machine, key: string, pinned = true): string[] => machine.send({ type: 'pinned', key, pinned });

  it('never unloads a pinned model, whoever waits', () => {
    const machine = roomFor(2).withBusy('a', 1).withBusy('b', 2);
    pin(machine, 'a');
    machine.release(1);
    expect(machine.ask(3, 'c')).toEqual([]);
    expect(machine.release(2)).toEqual(['unload b']);
    expect(machine.send({ type: 'unwanted', key: 'a' })).toEqual([]);
  });

  it('loads a pinned model anew that was in memory before anybody asked for it', () => {
    const machine = roomFor(2);
    pin(machine, 'a');
    machine.send({ type: 'found', demand: { key: 'a', needBytes: 1, slots: 1, contextLength: 0 } });
    expect(machine.ask(1, 'a')).toEqual(['unload a']);
    expect(machine.unloaded('a')).toEqual(['load a']);
  });

  it('refuses at once what would need the memory of pinned models, and names them', () => {
    const machine = roomFor().withBusy('a', 1);
    pin(machine, 'a');
    expect(machine.ask(2, 'b')).toEqual([expect.stringMatching(/^refuse 2: /)]);
    expect(machine.reasons().at(-1)).toBe(
      'refuse b: The model b does not fit into memory beside a, which is pinned. Unpin a model, or use one that is in memory.',
    );
  });

  it('refuses those that wait already when the last model is pinned', () => {
    const machine = roomFor().withBusy('a', 1);
    machine.ask(2, 'b');
    expect(pin(machine, 'a')).toEqual([expect.stringMatching(/^refuse 2: /)]);
  });

  it('lets a model go that is not pinned any more', () => {
    const machine = roomFor().withBusy('a', 1);
    pin(machine, 'a');
    machine.release(1);
    pin(machine, 'a', false);
    expect(machine.ask(2, 'b')).toEqual(['unload a']);
  });

  it('loads a pinned model anew with a larger context', () => {
    const machine = roomFor().withBusy('a', 1);
    pin(machine, 'a');
    machine.release(1);
    expect(machine.ask(2, 'a', { demand: { contextLength: 8192 } })).toEqual(['unload a']);
  });

  it('unloads a model that was idle for its time to live', () => {
    const machine = roomFor().withBusy('a', 1, { demand: { ttlMs: 5000 } });
    expect(machine.state.wakeAt()).toBeUndefined();
    machine.at(2000).release(1);
    expect(machine.state.wakeAt()).toBe(7000);
    expect(machine.at(6999).tick()).toEqual([]);
    expect(machine.at(7000).tick()).toEqual(['unload a']);
    expect(machine.reasons().at(-1)).toBe('unload a: was not used for 5 s');
  });

  it('keeps it when it is pinned', () => {
    const machine = roomFor().withBusy('a', 1, { demand: { ttlMs: 5000 } });
    pin(machine, 'a');
    machine.release(1);
    expect(machine.state.wakeAt()).toBeUndefined();
    expect(machine.at(60_000).tick()).toEqual([]);
  });

  it('counts what a model takes by now', () => {
    const machine = roomFor(3).withBusy('a', 1);
    machine.send({ type: 'measured', key: 'a', bytes: 2 });
    expect(machine.state.snapshot().residents[0]?.bytes).toBe(2);
  });
});

describe('SchedulerState, pools', () => {
  it('loads in another pool while a load is under way in one', () => {
    const machine = roomFor();
    expect(machine.ask(1, 'a')).toEqual(['load a']);
    expect(machine.ask(2, 'b', { demand: { pool: 'far' } })).toEqual(['load b']);
    const { flights } = machine.state.snapshot();
    expect(flights.map(({ pool, keys }) => [pool, ...keys])).toEqual([
      ['local', 'a'],
      ['far', 'b'],
    ]);
  });
});

describe('SchedulerState, callers and tiers', () => {
  it('serves the single question of one caller before the batch of another', () => {
    const machine = roomFor().withBusy('a', 1);
    for (let id = 100; id < 600; id += 1) machine.ask(id, 'a', { caller: 'batch' });
    machine.release(1);
    machine.ask(2, 'a', { caller: 'person' });
    expect(machine.release(100)).toEqual(['grant 2']);
    expect(machine.release(2)).toEqual(['grant 101']);
  });

  it('keeps the last places of a queue for callers who have none', () => {
    const machine = roomFor().withBusy('a', 1);
    for (let id = 1000; id < 1900; id += 1) expect(machine.ask(id, 'a', { caller: 'batch' })).toEqual([]);
    expect(machine.ask(2000, 'a', { caller: 'batch' })).toEqual([expect.stringMatching(/^refuse 2000: /)]);
    expect(machine.ask(2001, 'a', { caller: 'person' })).toEqual([]);
  });

  it('serves small before main, but gives main its share', () => {
    const machine = roomFor().withBusy('a', 1);
    for (let id = 100; id < 110; id += 1) machine.ask(id, 'a', { tier: 'main' });
    for (let id = 200; id < 210; id += 1) machine.ask(id, 'a');
    const order = [1, 200, 201, 100, 202].flatMap((id) => machine.release(id));
    expect(order).toEqual(['grant 200', 'grant 201', 'grant 100', 'grant 202', 'grant 203']);
  });

  it('serves main first when it is past its bound and small is not', () => {
    const machine = roomFor().withBusy('a', 1);
    machine.ask(100, 'a', { tier: 'main' });
    machine.at(70_000).ask(200, 'a');
    expect(machine.release(1)).toEqual(['grant 100']);
  });
});
