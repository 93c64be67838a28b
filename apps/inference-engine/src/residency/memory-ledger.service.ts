import type { Runtime, TakenMemory } from '../runtime/runtime.contract.js';
import type { MemoryPool, ModelDemand } from '../scheduler/scheduler.types.js';

/** A runtime, and where its models live. */
export interface RuntimeRoom {
  readonly runtime: Runtime;
  /** False for a runtime whose memory cannot be measured from here: one on another machine. */
  readonly localMemory: boolean;
  /** Bytes for models in that other memory, where they are configured. */
  readonly budgetBytes?: number | undefined;
}

/** A model that was loaded from here. */
export interface HeldModel {
  readonly demand: ModelDemand;
  /** What it takes of its pool. */
  bytes: number;
  /** How much of them are adapters. */
  addedBytes: number;
  /** Whether it was told that it takes more than it was given room for. */
  told: boolean;
}

/** What is known of one runtime. */
export interface Room extends RuntimeRoom {
  readonly pool: MemoryPool;
  readonly held: Map<string, HeldModel>;
  /** Models in memory that nobody here loaded: they may go whenever memory is needed. Name -> bytes. */
  strangers: Map<string, number>;
  /** Loads and unloads that have begun or ended. */
  changes: number;
  underWay: number;
  /** Loads that have begun. */
  readonly loads: Set<Promise<unknown>>;
  answers: boolean;
  /** Ends loads that are under way when the runtime is lost. */
  losing: AbortController;
}

/** A pool of memory, and who lives in it besides the models that were loaded from here. */
export interface PoolReport {
  readonly id: MemoryPool;
  readonly runtimes: readonly string[];
  /** What is configured for it, where anything is. */
  readonly budgetBytes: number | undefined;
  readonly strangers: readonly { readonly model: string; readonly runtime: string; readonly bytes: number }[];
}

/** Where memory comes from. */
export interface LedgerOptions {
  readonly rooms: readonly RuntimeRoom[];
  /** Measures what this machine has left for models. */
  readonly memory: { availableBytes(): number };
  /** Bytes for the models of each pool without a budget of its own, instead of measuring. */
  readonly budgetBytes: number | undefined;
}

/** The pool of this machine. */
const LOCAL: MemoryPool = 'local';

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);

/**
 * Keeps the books of each pool: what there is, who has it. All runtimes on this machine share one pool; each other
 * machine is a pool of its own.
 */
export class MemoryLedger {
  readonly rooms: readonly Room[];

  /** @param reservedBytes bytes of a pool that are promised to adapters on their way into memory */
  constructor(
    private readonly options: LedgerOptions,
    private readonly reservedBytes: (pool: MemoryPool) => number,
  ) {
    this.rooms = options.rooms.map((room): Room => {
      const pool = room.localMemory ? LOCAL : room.runtime.id;
      const counters = { changes: 0, underWay: 0, loads: new Set<Promise<unknown>>() };
      return {
        ...room,
        pool,
        held: new Map(),
        strangers: new Map(),
        ...counters,
        answers: true,
        losing: new AbortController(),
      };
    });
  }

  /** The rooms of a pool. */
  roomsOf(pool: MemoryPool): readonly Room[] {
    return this.rooms.filter((room) => room.pool === pool);
  }

  /** Names of all pools. */
  get pools(): ReadonlySet<MemoryPool> {
    return new Set(this.rooms.map(({ pool }) => pool));
  }

  /** What a model takes of the pool. Where the memory of this machine is measured, what lies on its graphics cards is not in it. */
  shareOf(room: Room, { bytes, gpuBytes = 0 }: TakenMemory): number {
    return this.isMeasured(room.pool) ? bytes - gpuBytes : bytes;
  }

  /** What the pool has left with all models in place; negative when they have more than there is. Without end on other machines that have no budget. */
  freeBytes(pool: MemoryPool): number {
    const reserved = this.reservedBytes(pool);
    if (this.isMeasured(pool)) return this.options.memory.availableBytes() - reserved;
    const budget = this.budgetOf(pool);
    if (budget === undefined) return Infinity;
    return budget - this.heldBytes(pool) - this.strangerBytes(pool) - reserved;
  }

  /** What the pool has left once the models go that nobody here loaded. */
  availableBytes(pool: MemoryPool): number {
    return this.freeBytes(pool) + this.strangerBytes(pool);
  }

  /** What one model could have if it had the pool to itself. */
  totalBytes(pool: MemoryPool): number {
    return this.availableBytes(pool) + this.heldBytes(pool);
  }

  /** The pools there are, with the runtimes whose models live in each, and what nobody here loaded. */
  report(): readonly PoolReport[] {
    return [...this.pools].map((id) => {
      const rooms = this.roomsOf(id);
      const strangers = rooms.flatMap(({ runtime, strangers: names }) =>
        [...names].map(([model, bytes]) => ({ model, runtime: runtime.id, bytes })),
      );
      return { id, runtimes: rooms.map(({ runtime }) => runtime.id), budgetBytes: this.budgetOf(id), strangers };
    });
  }

  private heldBytes(pool: MemoryPool): number {
    return sum(this.roomsOf(pool).flatMap(({ held }) => [...held.values()].map(({ bytes }) => bytes)));
  }

  private strangerBytes(pool: MemoryPool): number {
    return sum(this.roomsOf(pool).flatMap(({ strangers }) => [...strangers.values()]));
  }

  private budgetOf(pool: MemoryPool): number | undefined {
    const own = this.roomsOf(pool).find(({ budgetBytes }) => budgetBytes !== undefined);
    return own?.budgetBytes ?? this.options.budgetBytes;
  }

  private isMeasured(pool: MemoryPool): boolean {
    return pool === LOCAL && this.budgetOf(pool) === undefined;
  }
}
