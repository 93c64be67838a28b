import { describe, expect, it } from '@jest/globals';
import { backendUnavailable } from '@local-llm-agent/contracts';
import { Machine } from '../../test/scheduler.machine.js';
import type { SchedulerEvent } from './scheduler.types.js';

const GIB = 2 ** 30;

/** In GiB. */
const NEEDS: Readonly<Record<string, number>> = { a: 4, b: 4, c: 3, big: 8, huge: 11, tiny: 1 };

/** A machine of ten GiB. */
function tenGib(queueLength = 10): Machine {
  const needOf = (key: string): number => (NEEDS[key] ?? 4) * GIB;
  return new Machine({ memory: 10 * GIB, queueLength, needOf, stepMs: 1 });
}

describe('SchedulerState, a model in memory', () => {
  it('grants a free slot at once, without reading the memory', () => {
    const machine = tenGib().withIdle('a', 1);
    machine.readings = 0;
    expect(machine.ask(2, 'a')).toEqual(['grant 2']);
    expect(machine.readings).toBe(0);
  });

  it('grants as many as it has slots and the next one when a slot is released', () => {
    const machine = tenGib().withBusy('a', 1, { demand: { slots: 2 } });
    expect(machine.ask(2, 'a')).toEqual(['grant 2']);
    expect(machine.ask(3, 'a')).toEqual([]);
    expect(machine.ask(4, 'a')).toEqual([]);
    expect(machine.release(1)).toEqual(['grant 3']);
    expect(machine.release(3)).toEqual(['grant 4']);
  });

  it('stays as it was loaded when a request wants other slots', () => {
    const machine = tenGib().withBusy('a', 1, { demand: { slots: 1 } });
    expect(machine.ask(2, 'a', { demand: { slots: 8 } })).toEqual([]);
    expect(machine.state.snapshot().residents[0]?.demand.slots).toBe(1);
  });

  it('takes a second release of the same ticket for nothing', () => {
    const machine = tenGib().withBusy('a', 1);
    machine.ask(2, 'a');
    expect(machine.release(1)).toEqual(['grant 2']);
    expect(machine.release(1)).toEqual([]);
    expect(machine.state.snapshot().residents[0]?.slotsInUse).toBe(1);
  });
});

describe('SchedulerState, loading', () => {
  it('loads a model for its first request and grants all that came meanwhile, up to its slots', () => {
    const machine = tenGib();
    expect(machine.ask(1, 'a', { demand: { slots: 2 } })).toEqual(['load a']);
    expect(machine.ask(2, 'a')).toEqual([]);
    expect(machine.ask(3, 'a')).toEqual([]);
    expect(machine.loaded('a')).toEqual(['grant 1', 'grant 2']);
  });

  it('loads one model at a time, also when both fit', () => {
    const machine = tenGib();
    expect(machine.ask(1, 'a')).toEqual(['load a']);
    expect(machine.ask(2, 'b')).toEqual([]);
    expect(machine.loaded('a')).toEqual(['grant 1', 'load b']);
    expect(machine.loaded('b')).toEqual(['grant 2']);
  });

  it('refuses what does not fit even alone, with both figures, before anything is unloaded', () => {
    const machine = tenGib().withIdle('a', 1);
    expect(machine.ask(2, 'huge')).toEqual([
      'refuse 2: Model requires more system memory (11.0 GiB) than is available (10.0 GiB)',
    ]);
    expect(machine.ask(3, 'a')).toEqual(['grant 3']);
  });

  it('counts the memory of busy models as available to one that can wait for them', () => {
    const machine = tenGib().withBusy('a', 1);
    expect(machine.ask(2, 'big')).toEqual([]);
    expect(machine.release(1)).toEqual(['unload a']);
    expect(machine.unloaded('a')).toEqual(['load big']);
    expect(machine.loaded('big')).toEqual(['grant 2']);
  });

  it('refuses all that wait for a model whose load failed, and goes on with the next model', () => {
    const machine = tenGib();
    machine.ask(1, 'a');
    machine.ask(2, 'a');
    machine.ask(3, 'b');
    const error = backendUnavailable('The model file is broken.');
    expect(machine.send({ type: 'loadFailed', key: 'a', error })).toEqual([
      'refuse 1: The model file is broken.',
      'refuse 2: The model file is broken.',
      'load b',
    ]);
  });

  it('counts what another model took more during a load: who can never fit does not wait', () => {
    const machine = tenGib().withIdle('a', 1);
    machine.ask(2, 'b');
    machine.grown('a', 5 * GIB);
    expect(machine.ask(3, 'huge')).toEqual([expect.stringMatching(/^refuse 3: /)]);
  });

  it('counts what the load measured from then on', () => {
    const machine = tenGib();
    machine.ask(1, 'a');
    machine.loaded('a', 9 * GIB);
    machine.release(1);
    expect(machine.ask(2, 'tiny')).toEqual(['load tiny']);
    machine.loaded('tiny');
    expect(machine.ask(3, 'b')).toEqual(['unload a']);
  });

  it('refuses one that waits as soon as the machine has not enough memory left for it', () => {
    const machine = tenGib().withBusy('a', 1);
    machine.ask(2, 'big');
    machine.memory = 7 * GIB;
    expect(machine.release(1)).toEqual([expect.stringMatching(/^refuse 2: Model requires more system memory/)]);
  });
});

describe('SchedulerState, swapping', () => {
  it('unloads the idle model that was unused for longest', () => {
    const machine = tenGib().withIdle('a', 1).withIdle('b', 2);
    machine.ask(3, 'a');
    machine.release(3);
    expect(machine.ask(4, 'c')).toEqual(['unload b']);
    expect(machine.unloaded('b')).toEqual(['load c']);
  });

  it('unloads several idle models for a large one and loads it when the last is gone', () => {
    const machine = tenGib().withIdle('a', 1).withIdle('b', 2);
    expect(machine.ask(3, 'big')).toEqual(['unload a', 'unload b']);
    expect(machine.unloaded('a')).toEqual([]);
    expect(machine.unloaded('b')).toEqual(['load big']);
  });

  it('goes on serving a model that fits beside the one that waits', () => {
    const machine = tenGib().withBusy('big', 1).withBusy('tiny', 2);
    expect(machine.ask(3, 'b')).toEqual([]);
    expect(machine.release(2)).toEqual([]);
    expect(machine.ask(4, 'tiny')).toEqual(['grant 4']);
    expect(machine.release(1)).toEqual(['unload big']);
    expect(machine.release(4)).toEqual([]);
    expect(machine.ask(5, 'tiny')).toEqual(['grant 5']);
    expect(machine.unloaded('big')).toEqual(['load b']);
  });

  it('loads a later model that fits beside all, while an earlier one waits for memory', () => {
    const machine = tenGib().withBusy('a', 1).withBusy('b', 2);
    expect(machine.ask(3, 'c')).toEqual([]);
    expect(machine.ask(4, 'tiny')).toEqual(['load tiny']);
  });

  it('keeps models of different memory pools apart', () => {
    const machine = tenGib().withBusy('big', 1);
    const demand = { key: 'a', pool: 'far', needBytes: 4 * GIB, slots: 1, contextLength: 4096 };
    const state = machine.state;
    const far = (pool: string): number => (pool === 'far' ? Infinity : 2 * GIB);
    const ticket = { id: 2, demand, tier: 'small' as const, caller: 'a', arrivedAt: 0 };
    expect(state.handle({ type: 'arrived', ticket }, 9, far)).toMatchObject([{ type: 'load', demand }]);
  });
});

describe('SchedulerState, leaving', () => {
  it('forgets a cancelled request and never loads for it', () => {
    const machine = tenGib().withBusy('a', 1);
    machine.ask(2, 'big');
    expect(machine.cancel(2)).toEqual([]);
    expect(machine.release(1)).toEqual([]);
    expect(machine.state.snapshot().waiting).toEqual({ small: 0, main: 0 });
  });

  it('keeps a model whose requests all left while it was loading', () => {
    const machine = tenGib();
    machine.ask(1, 'a');
    machine.cancel(1);
    expect(machine.loaded('a')).toEqual([]);
    expect(machine.ask(2, 'a')).toEqual(['grant 2']);
  });

  it('loads a lost model again and takes the releases of its former requests for nothing', () => {
    const machine = tenGib().withBusy('a', 1);
    machine.ask(2, 'a');
    expect(machine.lost('a')).toEqual(['load a']);
    expect(machine.release(1)).toEqual([]);
    expect(machine.loaded('a')).toEqual(['grant 2']);
    expect(machine.state.snapshot().residents[0]?.slotsInUse).toBe(1);
  });

  it('refuses all that wait when it is closed', () => {
    const machine = tenGib().withBusy('a', 1);
    machine.ask(2, 'a');
    machine.ask(3, 'big');
    const error = backendUnavailable('over');
    expect(machine.send({ type: 'closed', error })).toEqual(['refuse 2: over', 'refuse 3: over']);
    expect(machine.release(1)).toEqual([]);
  });
});

describe('SchedulerState, models that somebody wants out of memory', () => {
  const unwanted = (key: string): SchedulerEvent => ({ type: 'unwanted', key });

  it('unloads an unwanted model that is idle at once', () => {
    const machine = tenGib().withIdle('a', 1);
    expect(machine.send(unwanted('a'))).toEqual(['unload a']);
    expect(machine.ask(2, 'a')).toEqual([]);
    expect(machine.unloaded('a')).toEqual(['load a']);
  });

  it('tells operators why a model was unwanted', () => {
    const machine = tenGib().withIdle('a', 1);
    machine.send({ type: 'unwanted', key: 'a', cause: { code: 'memory_pressure', shortBytes: 2 ** 20 } });
    expect(machine.state.snapshot().decisions.at(-1)).toMatchObject({
      key: 'a',
      reason: 'memory pressure: 1 MiB less than must be left free',
    });
  });

  it('lets an unwanted model go when its last request ends', () => {
    const machine = tenGib().withBusy('a', 1, { demand: { slots: 2 } });
    machine.ask(2, 'a');
    expect(machine.send(unwanted('a'))).toEqual([]);
    expect(machine.release(1)).toEqual([]);
    expect(machine.release(2)).toEqual(['unload a']);
  });

  it('keeps an unwanted model that is asked for again', () => {
    const machine = tenGib().withBusy('a', 1, { demand: { slots: 2 } });
    machine.send(unwanted('a'));
    expect(machine.ask(2, 'a')).toEqual(['grant 2']);
    expect([machine.release(1), machine.release(2)]).toEqual([[], []]);
  });

  it('waits with an unwanted model until the load under way has ended', () => {
    const machine = tenGib().withIdle('a', 1);
    machine.ask(2, 'b');
    expect(machine.send(unwanted('a'))).toEqual([]);
    expect(machine.loaded('b')).toEqual(['grant 2', 'unload a']);
  });

  it('takes the wish for a model that is not in memory for nothing', () => {
    const machine = tenGib();
    expect(machine.send(unwanted('a'))).toEqual([]);
    machine.withIdle('a', 1);
    expect(machine.ask(2, 'a')).toEqual(['grant 2']);
  });
});

describe('SchedulerState, full queues', () => {
  it('refuses when the queue of the tier is full, and only in that tier', () => {
    const machine = tenGib(1).withBusy('a', 1);
    expect(machine.ask(2, 'a')).toEqual([]);
    expect(machine.ask(3, 'a')).toEqual([
      'refuse 3: The queue of tier small is full (1 requests wait). Try again in 1 s.',
    ]);
    expect(machine.ask(4, 'a', { tier: 'main' })).toEqual([]);
  });

  it('still grants at once what needs not wait', () => {
    const machine = tenGib(1).withBusy('big', 1).withIdle('tiny', 2);
    machine.ask(3, 'big');
    expect(machine.ask(4, 'tiny')).toEqual(['grant 4']);
  });

  it('has room for the one request that brings a model in, even with a queue of length 0', () => {
    expect(tenGib(0).ask(1, 'a')).toEqual(['load a']);
  });
});

describe('SchedulerState, snapshot', () => {
  it('tells the waiting of each tier, slots in use and what is being loaded', () => {
    const machine = tenGib().withBusy('a', 1);
    machine.ask(2, 'b', { tier: 'main' });
    const snapshot = machine.state.snapshot();
    expect(snapshot.waiting).toEqual({ small: 0, main: 1 });
    expect(snapshot.flights).toMatchObject([{ pool: 'local', type: 'loading', keys: ['b'] }]);
    expect(snapshot.residents.map(({ demand, phase, slotsInUse }) => [demand.key, phase, slotsInUse])).toEqual([
      ['a', 'ready', 1],
      ['b', 'loading', 0],
    ]);
  });
});
