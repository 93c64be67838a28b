import { describe, expect, it } from '@jest/globals';
import { backendUnavailable, type Tier } from '@local-llm-agent/contracts';
import { SchedulerState } from './scheduler.state.js';
import type { ModelDemand, SchedulerEffect, SchedulerEvent } from './scheduler.types.js';

const GIB = 2 ** 30;

/** In GiB. */
const NEEDS: Readonly<Record<string, number>> = { a: 4, b: 4, c: 3, big: 8, huge: 11, tiny: 1 };

function demandOf(key: string, slots = 1): ModelDemand {
  return { key, needBytes: (NEEDS[key] ?? 4) * GIB, slots, contextLength: 2048 };
}

interface Asking {
  readonly slots?: number;
  readonly tier?: Tier;
  readonly id?: number;
  readonly caller?: string;
  readonly demand?: Partial<ModelDemand>;
}

/** A machine of ten GiB, driven by hand; effects are noted as short words. */
class Machine {
  readonly state: SchedulerState;
  memory = 10;
  readings = 0;
  private now = 0;
  private nextId = 0;
  private readonly inMemory = new Map<string, number>();

  constructor(queueLength = 10) {
    const small = { queueLength, maxWaitMs: 10_000 };
    this.state = new SchedulerState({ tiers: { small, main: { queueLength, maxWaitMs: 60_000 } } });
  }

  /** Lets time pass. */
  pass(ms: number): this {
    this.now += ms;
    return this;
  }

  tick(): string[] {
    return this.send({ type: 'tick' });
  }

  send(event: SchedulerEvent): string[] {
    this.now += 1;
    const effects = this.state.handle(event, this.now, () => {
      this.readings += 1;
      return this.memory * GIB - [...this.inMemory.values()].reduce((sum, bytes) => sum + bytes, 0);
    });
    return effects.map((effect) => this.note(effect));
  }

  ask(key: string, options: Asking = {}): string[] {
    this.nextId = options.id ?? this.nextId + 1;
    const ticket = {
      id: this.nextId,
      demand: { ...demandOf(key, options.slots), ...options.demand },
      tier: options.tier ?? 'small',
      caller: options.caller ?? `caller-${this.nextId}`,
      arrivedAt: this.now + 1,
    };
    return this.send({ type: 'arrived', ticket });
  }

  loaded(key: string, measured?: number): string[] {
    const measuredBytes = measured === undefined ? undefined : measured * GIB;
    this.inMemory.set(key, measuredBytes ?? demandOf(key).needBytes);
    return this.send({ type: 'loaded', key, measuredBytes });
  }

  /** A model that is ready takes so much by now. */
  grown(key: string, gib: number): string[] {
    this.inMemory.set(key, gib * GIB);
    return this.send({ type: 'measured', key, bytes: gib * GIB });
  }

  unloaded(key: string): string[] {
    this.inMemory.delete(key);
    return this.send({ type: 'unloaded', key });
  }

  lost(key: string): string[] {
    this.inMemory.delete(key);
    return this.send({ type: 'lost', key });
  }

  release(ticketId: number): string[] {
    return this.send({ type: 'released', ticketId });
  }

  cancel(ticketId: number): string[] {
    return this.send({ type: 'cancelled', ticketId });
  }

  /** Brings a model in; the request that did it is over. */
  withIdle(key: string, id: number): this {
    this.ask(key, { id });
    this.loaded(key);
    this.release(id);
    return this;
  }

  /** Brings a model in; the request that did it still runs. */
  withBusy(key: string, id: number, slots = 1): this {
    this.ask(key, { id, slots });
    this.loaded(key);
    return this;
  }

  private note(effect: SchedulerEffect): string {
    switch (effect.type) {
      case 'grant':
        return `grant ${effect.ticketId}`;
      case 'refuse':
        return `refuse ${effect.ticketId}: ${effect.error.message}`;
      case 'load':
        return `load ${effect.demand.key}`;
      case 'unload':
        return `unload ${effect.key}`;
    }
  }
}

describe('SchedulerState, a model in memory', () => {
  it('grants a free slot at once, without reading the memory', () => {
    const machine = new Machine().withIdle('a', 1);
    machine.readings = 0;
    expect(machine.ask('a', { id: 2 })).toEqual(['grant 2']);
    expect(machine.readings).toBe(0);
  });

  it('grants as many as it has slots and the next one when a slot is released', () => {
    const machine = new Machine().withBusy('a', 1, 2);
    expect(machine.ask('a', { id: 2 })).toEqual(['grant 2']);
    expect(machine.ask('a', { id: 3 })).toEqual([]);
    expect(machine.ask('a', { id: 4 })).toEqual([]);
    expect(machine.release(1)).toEqual(['grant 3']);
    expect(machine.release(3)).toEqual(['grant 4']);
  });

  it('stays as it was loaded when a request wants other slots', () => {
    const machine = new Machine().withBusy('a', 1, 1);
    expect(machine.ask('a', { id: 2, slots: 8 })).toEqual([]);
    expect(machine.state.snapshot().residents[0]?.demand.slots).toBe(1);
  });

  it('takes a second release of the same ticket for nothing', () => {
    const machine = new Machine().withBusy('a', 1);
    machine.ask('a', { id: 2 });
    expect(machine.release(1)).toEqual(['grant 2']);
    expect(machine.release(1)).toEqual([]);
    expect(machine.state.snapshot().residents[0]?.slotsInUse).toBe(1);
  });
});

describe('SchedulerState, loading', () => {
  it('loads a model for its first request and grants all that came meanwhile, up to its slots', () => {
    const machine = new Machine();
    expect(machine.ask('a', { id: 1, slots: 2 })).toEqual(['load a']);
    expect(machine.ask('a', { id: 2 })).toEqual([]);
    expect(machine.ask('a', { id: 3 })).toEqual([]);
    expect(machine.loaded('a')).toEqual(['grant 1', 'grant 2']);
  });

  it('loads one model at a time, also when both fit', () => {
    const machine = new Machine();
    expect(machine.ask('a', { id: 1 })).toEqual(['load a']);
    expect(machine.ask('b', { id: 2 })).toEqual([]);
    expect(machine.loaded('a')).toEqual(['grant 1', 'load b']);
    expect(machine.loaded('b')).toEqual(['grant 2']);
  });

  it('refuses what does not fit even alone, with both figures, before anything is unloaded', () => {
    const machine = new Machine().withIdle('a', 1);
    expect(machine.ask('huge', { id: 2 })).toEqual([
      'refuse 2: Model requires more system memory (11.0 GiB) than is available (10.0 GiB)',
    ]);
    expect(machine.ask('a', { id: 3 })).toEqual(['grant 3']);
  });

  it('counts the memory of busy models as available to one that can wait for them', () => {
    const machine = new Machine().withBusy('a', 1);
    expect(machine.ask('big', { id: 2 })).toEqual([]);
    expect(machine.release(1)).toEqual(['unload a']);
    expect(machine.unloaded('a')).toEqual(['load big']);
    expect(machine.loaded('big')).toEqual(['grant 2']);
  });

  it('refuses all that wait for a model whose load failed, and goes on with the next model', () => {
    const machine = new Machine();
    machine.ask('a', { id: 1 });
    machine.ask('a', { id: 2 });
    machine.ask('b', { id: 3 });
    const error = backendUnavailable('The model file is broken.');
    expect(machine.send({ type: 'loadFailed', key: 'a', error })).toEqual([
      'refuse 1: The model file is broken.',
      'refuse 2: The model file is broken.',
      'load b',
    ]);
  });

  it('counts what another model took more during a load: who can never fit does not wait', () => {
    const machine = new Machine().withIdle('a', 1);
    machine.ask('b', { id: 2 });
    machine.grown('a', 5);
    expect(machine.ask('huge', { id: 3 })).toEqual([expect.stringMatching(/^refuse 3: /)]);
  });

  it('counts what the load measured from then on', () => {
    const machine = new Machine();
    machine.ask('a', { id: 1 });
    machine.loaded('a', 9);
    machine.release(1);
    expect(machine.ask('tiny', { id: 2 })).toEqual(['load tiny']);
    machine.loaded('tiny');
    expect(machine.ask('b', { id: 3 })).toEqual(['unload a']);
  });

  it('refuses one that waits as soon as the machine has not enough memory left for it', () => {
    const machine = new Machine().withBusy('a', 1);
    machine.ask('big', { id: 2 });
    machine.memory = 7;
    expect(machine.release(1)).toEqual([expect.stringMatching(/^refuse 2: Model requires more system memory/)]);
  });
});

describe('SchedulerState, swapping', () => {
  it('unloads the idle model that was unused for longest', () => {
    const machine = new Machine().withIdle('a', 1).withIdle('b', 2);
    machine.ask('a', { id: 3 });
    machine.release(3);
    expect(machine.ask('c', { id: 4 })).toEqual(['unload b']);
    expect(machine.unloaded('b')).toEqual(['load c']);
  });

  it('unloads several idle models for a large one and loads it when the last is gone', () => {
    const machine = new Machine().withIdle('a', 1).withIdle('b', 2);
    expect(machine.ask('big', { id: 3 })).toEqual(['unload a', 'unload b']);
    expect(machine.unloaded('a')).toEqual([]);
    expect(machine.unloaded('b')).toEqual(['load big']);
  });

  it('goes on serving a model that fits beside the one that waits', () => {
    const machine = new Machine().withBusy('big', 1).withBusy('tiny', 2);
    expect(machine.ask('b', { id: 3 })).toEqual([]);
    expect(machine.release(2)).toEqual([]);
    expect(machine.ask('tiny', { id: 4 })).toEqual(['grant 4']);
    expect(machine.release(1)).toEqual(['unload big']);
    expect(machine.release(4)).toEqual([]);
    expect(machine.ask('tiny', { id: 5 })).toEqual(['grant 5']);
    expect(machine.unloaded('big')).toEqual(['load b']);
  });

  it('loads a later model that fits beside all, while an earlier one waits for memory', () => {
    const machine = new Machine().withBusy('a', 1).withBusy('b', 2);
    expect(machine.ask('c', { id: 3 })).toEqual([]);
    expect(machine.ask('tiny', { id: 4 })).toEqual(['load tiny']);
  });

  it('keeps models of different memory pools apart', () => {
    const machine = new Machine().withBusy('big', 1);
    const demand = { ...demandOf('a'), pool: 'far' };
    const state = machine.state;
    const far = (pool: string): number => (pool === 'far' ? Infinity : 2 * GIB);
    const ticket = { id: 2, demand, tier: 'small' as const, caller: 'a', arrivedAt: 0 };
    expect(state.handle({ type: 'arrived', ticket }, 9, far)).toMatchObject([{ type: 'load', demand }]);
  });
});

describe('SchedulerState, leaving', () => {
  it('forgets a cancelled request and never loads for it', () => {
    const machine = new Machine().withBusy('a', 1);
    machine.ask('big', { id: 2 });
    expect(machine.cancel(2)).toEqual([]);
    expect(machine.release(1)).toEqual([]);
    expect(machine.state.snapshot().waiting).toEqual({ small: 0, main: 0 });
  });

  it('keeps a model whose requests all left while it was loading', () => {
    const machine = new Machine();
    machine.ask('a', { id: 1 });
    machine.cancel(1);
    expect(machine.loaded('a')).toEqual([]);
    expect(machine.ask('a', { id: 2 })).toEqual(['grant 2']);
  });

  it('loads a lost model again and takes the releases of its former requests for nothing', () => {
    const machine = new Machine().withBusy('a', 1);
    machine.ask('a', { id: 2 });
    expect(machine.lost('a')).toEqual(['load a']);
    expect(machine.release(1)).toEqual([]);
    expect(machine.loaded('a')).toEqual(['grant 2']);
    expect(machine.state.snapshot().residents[0]?.slotsInUse).toBe(1);
  });

  it('refuses all that wait when it is closed', () => {
    const machine = new Machine().withBusy('a', 1);
    machine.ask('a', { id: 2 });
    machine.ask('big', { id: 3 });
    const error = backendUnavailable('over');
    expect(machine.send({ type: 'closed', error })).toEqual(['refuse 2: over', 'refuse 3: over']);
    expect(machine.release(1)).toEqual([]);
  });
});

describe('SchedulerState, models that somebody wants out of memory', () => {
  const unwanted = (key: string): SchedulerEvent => ({ type: 'unwanted', key });

  it('unloads an unwanted model that is idle at once', () => {
    const machine = new Machine().withIdle('a', 1);
    expect(machine.send(unwanted('a'))).toEqual(['unload a']);
    expect(machine.ask('a', { id: 2 })).toEqual([]);
    expect(machine.unloaded('a')).toEqual(['load a']);
  });

  it('tells operators why a model was unwanted', () => {
    const machine = new Machine().withIdle('a', 1);
    machine.send({ type: 'unwanted', key: 'a', cause: { code: 'memory_pressure', shortBytes: 2 ** 20 } });
    expect(machine.state.snapshot().decisions.at(-1)).toMatchObject({
      key: 'a',
      reason: 'memory pressure: 1 MiB less than must be left free',
    });
  });

  it('lets an unwanted model go when its last request ends', () => {
    const machine = new Machine().withBusy('a', 1, 2);
    machine.ask('a', { id: 2 });
    expect(machine.send(unwanted('a'))).toEqual([]);
    expect(machine.release(1)).toEqual([]);
    expect(machine.release(2)).toEqual(['unload a']);
  });

  it('keeps an unwanted model that is asked for again', () => {
    const machine = new Machine().withBusy('a', 1, 2);
    machine.send(unwanted('a'));
    expect(machine.ask('a', { id: 2 })).toEqual(['grant 2']);
    expect([machine.release(1), machine.release(2)]).toEqual([[], []]);
  });

  it('waits with an unwanted model until the load under way has ended', () => {
    const machine = new Machine().withIdle('a', 1);
    machine.ask('b', { id: 2 });
    expect(machine.send(unwanted('a'))).toEqual([]);
    expect(machine.loaded('b')).toEqual(['grant 2', 'unload a']);
  });

  it('takes the wish for a model that is not in memory for nothing', () => {
    const machine = new Machine();
    expect(machine.send(unwanted('a'))).toEqual([]);
    machine.withIdle('a', 1);
    expect(machine.ask('a', { id: 2 })).toEqual(['grant 2']);
  });
});

describe('SchedulerState, full queues', () => {
  it('refuses when the queue of the tier is full, and only in that tier', () => {
    const machine = new Machine(1).withBusy('a', 1);
    expect(machine.ask('a', { id: 2 })).toEqual([]);
    expect(machine.ask('a', { id: 3 })).toEqual([
      'refuse 3: The queue of tier small is full (1 requests wait). Try again in 1 s.',
    ]);
    expect(machine.ask('a', { id: 4, tier: 'main' })).toEqual([]);
  });

  it('still grants at once what needs not wait', () => {
    const machine = new Machine(1).withBusy('big', 1).withIdle('tiny', 2);
    machine.ask('big', { id: 3 });
    expect(machine.ask('tiny', { id: 4 })).toEqual(['grant 4']);
  });

  it('has room for the one request that brings a model in, even with a queue of length 0', () => {
    expect(new Machine(0).ask('a', { id: 1 })).toEqual(['load a']);
  });
});

describe('SchedulerState, snapshot', () => {
  it('tells the waiting of each tier, slots in use and what is being loaded', () => {
    const machine = new Machine().withBusy('a', 1);
    machine.ask('b', { id: 2, tier: 'main' });
    const snapshot = machine.state.snapshot();
    expect(snapshot.waiting).toEqual({ small: 0, main: 1 });
    expect(snapshot.flights).toMatchObject([{ pool: 'local', type: 'loading', keys: ['b'] }]);
    expect(snapshot.residents.map(({ demand, phase, slotsInUse }) => [demand.key, phase, slotsInUse])).toEqual([
      ['a', 'ready', 1],
      ['b', 'loading', 0],
    ]);
  });
});
