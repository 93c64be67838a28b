import type { Runtime, TakenMemory } from '../runtime/runtime.contract.js';
import type { MemoryPool, ModelDemand, ModelKey } from '../scheduler/scheduler.types.js';
import { BookedRoom, type Booking } from './booked-room.state.js';
import { modelKey } from './model-demand.service.js';

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
  /** What adapters on their way into memory will add to that. */
  bookedBytes: number;
  /** How much of them are adapters. */
  addedBytes: number;
  /** Whether it was told that it takes more than it was given room for. */
  told: boolean;
}

/** What is known of one runtime. */
export interface Room extends RuntimeRoom {
  readonly pool: MemoryPool;
  readonly held: Map<string, HeldModel>;
  /** Models in memory that nobody here loaded: they go when memory is needed, unless they are pinned. Name -> bytes. */
  strangers: Map<string, number>;
  /** Loads and unloads that have begun or ended. */
  changes: number;
  underWay: number;
  answers: boolean;
  /** Ends loads that are under way when the runtime is lost. */
  losing: AbortController;
}

/** A model in memory that nobody here loaded. */
export interface Stranger {
  readonly key: ModelKey;
  readonly room: Room;
  readonly name: string;
  readonly bytes: number;
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

function strangerOf(room: Room, name: string, bytes: number): Stranger {
  return { key: modelKey(room.runtime, name), room, name, bytes };
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, number) => total + number, 0);

/**
 * Keeps the books of each pool: what there is, who has it. All runtimes on this machine share one pool; each other
 * machine is a pool of its own.
 */
export class MemoryLedger {
  readonly rooms: readonly Room[];
  /** Models that stay in memory, whoever loaded them. */
  readonly pinned = new Set<ModelKey>();
  private readonly booked = new Map<MemoryPool, BookedRoom>();

  constructor(private readonly options: LedgerOptions) {
    this.rooms = options.rooms.map((room): Room => {
      const pool = room.localMemory ? LOCAL : room.runtime.id;
      return {
        ...room,
        pool,
        held: new Map(),
        strangers: new Map(),
        changes: 0,
        underWay: 0,
        answers: true,
        losing: new AbortController(),
      };
    });
  }

  /** The room of a runtime. */
  roomOf(runtimeId: string): Room {
    const room = this.rooms.find(({ runtime }) => runtime.id === runtimeId);
    if (!room) throw new Error(`there is no runtime ${runtimeId}`);
    return room;
  }

  /** The room of a model, and the name under which it is held there. */
  find(key: ModelKey): { readonly room: Room; readonly name: string } {
    const slash = key.indexOf('/');
    return { room: this.roomOf(key.slice(0, slash)), name: key.slice(slash + 1) };
  }

  /** Marks the time in which what the runtime says of its residents cannot be trusted. */
  async changing<T>(room: Room, change: () => Promise<T>): Promise<T> {
    room.changes += 1;
    room.underWay += 1;
    try {
      return await change();
    } finally {
      room.underWay -= 1;
      room.changes += 1;
    }
  }

  /** The rooms of a pool. */
  roomsOf(pool: MemoryPool): readonly Room[] {
    return this.rooms.filter((room) => room.pool === pool);
  }

  /** Models in the pool that nobody here loaded and that may go, the largest first. */
  strangersOf(pool: MemoryPool): readonly Stranger[] {
    return this.roomsOf(pool)
      .flatMap((room) => [...room.strangers].map(([name, bytes]) => strangerOf(room, name, bytes)))
      .filter(({ key }) => !this.pinned.has(key))
      .sort((a, b) => b.bytes - a.bytes);
  }

  /** Names of all pools. */
  get pools(): ReadonlySet<MemoryPool> {
    return new Set(this.rooms.map(({ pool }) => pool));
  }

  /** What a model takes of the pool. Where the memory of this machine is measured, what lies on its graphics cards is not in it. */
  shareOf(room: Room, { bytes, gpuBytes = 0 }: TakenMemory): number {
    return this.isMeasured(room.pool) ? bytes - gpuBytes : bytes;
  }

  /**
   * What the pool has left with all models in place and all that is on its way; negative when they have more than there
   * is. Without end on other machines that have no budget.
   */
  freeBytes(pool: MemoryPool): number {
    if (this.isMeasured(pool)) return this.bookedIn(pool).free(this.options.memory.availableBytes());
    const budget = this.budgetOf(pool);
    if (budget === undefined) return Infinity;
    return budget - this.takenBytes(pool) - this.strangerBytes(pool);
  }

  /** What the pool has left once the models go that nobody here loaded, as far as they may. */
  availableBytes(pool: MemoryPool): number {
    return this.freeBytes(pool) + sum(this.strangersOf(pool).map(({ bytes }) => bytes));
  }

  /** What the model could have if it had the pool to itself, but for others that are pinned. */
  mostBytes(pool: MemoryPool, key: ModelKey): number {
    return this.availableBytes(pool) + this.takenBytes(pool, (other) => other === key || !this.pinned.has(other));
  }

  /** Promises memory to what is on its way into it. */
  book(pool: MemoryPool, booking: Booking): Booking {
    return this.bookedIn(pool).book(booking, this.options.memory.availableBytes());
  }

  /** What was on its way has come and takes so much, or 0 when it did not come. Once; later calls do nothing. */
  endBooking(pool: MemoryPool, booking: Booking, takenBytes = 0): void {
    this.bookedIn(pool).end(booking, takenBytes);
  }

  /** A model left the pool, or is replaced by what is on its way. */
  freed(pool: MemoryPool, bytes: number): void {
    this.bookedIn(pool).freed(bytes);
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

  /** What models that were loaded from here take, and what is on its way; of those that satisfy the condition. */
  private takenBytes(pool: MemoryPool, isCounted: (key: ModelKey) => boolean = () => true): number {
    const held = this.roomsOf(pool).flatMap((room) => [...room.held.values()]);
    const counted = held.filter(({ demand }) => isCounted(demand.key)).map(({ bytes }) => bytes);
    return sum(counted) + this.bookedIn(pool).bytesOf(isCounted);
  }

  private bookedIn(pool: MemoryPool): BookedRoom {
    const booked = this.booked.get(pool) ?? new BookedRoom();
    this.booked.set(pool, booked);
    return booked;
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
