import { backendUnavailable, insufficientMemory, lasting, type ApiError } from '@local-llm-agent/contracts';
import type { Wish } from './due.policy.js';
import { chooseVictims, type Occupant } from './eviction.policy.js';
import { fitsAlone, fitsNow, roomOf, type Room } from './fit.policy.js';
import { reloadCause, roomCause, wishCause } from './reason.policy.js';
import type {
  AvailableBytes,
  Cause,
  Flight,
  MemoryPool,
  ModelDemand,
  ModelKey,
  RefusalCause,
} from './scheduler.types.js';

/** One memory pool, and the models that want to come into it. */
export interface TurnView {
  readonly pool: MemoryPool;
  readonly wishes: readonly Wish[];
  /** All models in the pool that are ready. */
  readonly occupants: readonly Occupant[];
  /** Room of the pool is worked out of all residents, ready or not. */
  readonly residents: Parameters<typeof roomOf>[2];
  readonly flight: Flight | undefined;
  readonly available: AvailableBytes;
  readonly now: number;
}

/** A change of memory that begins, and why. */
export type Begin =
  | { readonly type: 'loading'; readonly wish: Wish; readonly roomLeft: number; readonly cause: Cause }
  | { readonly type: 'unloading'; readonly victims: readonly { readonly key: ModelKey; readonly cause: Cause }[] };

/** Why requests for a model are refused: for those who asked, and for operators. */
export interface Refusal {
  readonly error: ApiError;
  readonly cause: RefusalCause;
}

/** What is to happen in the pool now. */
export interface TurnDecision {
  readonly refusals: readonly (Refusal & { readonly wish: Wish })[];
  readonly begin: Begin | undefined;
  /** Models that take no more requests, because one past its bound needs their memory. */
  readonly closed: ReadonlySet<ModelKey>;
  /** Clock time, ms, at which to decide anew if nothing happens before. */
  readonly wakeAt: number | undefined;
}

/** The one that is past its bound for longest goes first, then the others in the order in which they will be. */
function inOrder(wishes: readonly Wish[]): readonly Wish[] {
  return [...wishes].sort((a, b) => a.dueAt - b.dueAt);
}

/** The view, and what has been decided so far; local to one decision. */
class Turn {
  readonly refusals: (Refusal & { wish: Wish })[] = [];
  readonly closed = new Set<ModelKey>();
  begin: Begin | undefined;
  wakeAt: number | undefined;
  /** Once a model that is past its bound has to wait for memory: what may be taken without making it wait longer. */
  private spare: number | undefined;
  private cachedRoom: Room | undefined;

  constructor(private readonly view: TurnView) {}

  /**
   * 1. It does not fit even with all gone that may go: refuse.
   * 2. Nothing is under way, and it fits beside all in memory: load.
   * 3. Nothing is under way, and idle models can make room: unload them.
   * 4. It is past its bound: models whose turn has lasted long enough take no more requests, and go when they are idle.
   * 5. Otherwise it waits until one of these becomes true.
   */
  visit(wish: Wish): void {
    const { flight, now, occupants } = this.view;
    const overdue = wish.dueAt <= now;
    const refusal = this.cannotFit(wish);
    if (refusal) {
      this.refusals.push({ wish, ...refusal }); // 1
      return;
    }
    if (wish.smaller === 'loading') return; // 5
    const needBytes = wish.demand.needBytes;
    const { free } = this.room();
    const begun = flight !== undefined || this.begin !== undefined;
    const placeFree = !occupants.some((one) => takesPlaceOf(one, wish.demand));
    if (!begun && placeFree && fitsNow(needBytes, this.room()) && needBytes <= (this.spare ?? Infinity)) {
      this.begin = { type: 'loading', wish, roomLeft: free - needBytes, cause: wishCause(wish, now) }; // 2
      return;
    }
    const idle =
      begun || this.spare !== undefined ? undefined : this.victims(wish, (one) => this.mayGoNow(one, overdue));
    if (idle)
      this.unload(wish, idle); // 3
    else if (overdue)
      this.makeWay(wish); // 4
    else this.wake(wish.dueAt); // 5
  }

  private room(): Room {
    const { pool, available, residents, flight } = this.view;
    this.cachedRoom ??= roomOf(pool, available, residents, flight);
    return this.cachedRoom;
  }

  private cannotFit({ demand }: Wish): Refusal | undefined {
    const room = this.room();
    if (!fitsAlone(demand.needBytes, room)) return tooLarge(demand.needBytes, room.total);
    const staying = this.view.occupants.filter((one) => one.pinned && one.resident.demand.key !== demand.key);
    const held = staying.reduce((sum, { resident }) => sum + resident.bytes, 0);
    const takesPlace = staying.some((one) => takesPlaceOf(one, demand));
    if (demand.needBytes <= room.total - held && !takesPlace) return undefined;
    return pinnedInTheWay(demand.key, staying);
  }

  /** The models that make room for the wish, all of which satisfy the condition. */
  private victims({ demand }: Wish, may: (occupant: Occupant) => boolean): readonly Occupant[] | undefined {
    const { occupants, now } = this.view;
    const inPlace = occupants.filter((one) => takesPlaceOf(one, demand));
    if (!inPlace.every(may)) return undefined;
    const given = inPlace.reduce((sum, { resident }) => sum + resident.bytes, 0);
    const others = occupants.filter((one) => !inPlace.includes(one) && !one.pinned && may(one));
    const chosen = chooseVictims(demand.needBytes - this.room().free - given, others, now);
    return chosen && [...inPlace, ...chosen];
  }

  /** An idle model goes at once, unless it is kept for a caller; one that is wanted only if its turn may be ended. */
  private mayGoNow(occupant: Occupant, overdue: boolean): boolean {
    if (occupant.running) return false;
    if (overdue) return this.mayBeClosed(occupant);
    return !occupant.wanted && this.isPast(occupant.keptUntil);
  }

  /** One that is at work, or kept for a caller, goes when its turn has lasted long enough. */
  private mayBeClosed({ running, wanted, keptUntil, sliceEndsAt }: Occupant): boolean {
    const until = running || wanted ? sliceEndsAt : Math.min(sliceEndsAt, keptUntil);
    return this.isPast(until);
  }

  private isPast(time: number): boolean {
    this.wake(time);
    return time <= this.view.now;
  }

  private unload(wish: Wish, victims: readonly Occupant[]): void {
    this.begin = {
      type: 'unloading',
      victims: victims.map(({ resident: { demand } }) => {
        const itself = demand.key === wish.demand.key;
        return { key: demand.key, cause: (itself ? reloadCause : roomCause)(wish, this.view.now) };
      }),
    };
  }

  /** Its share of memory is kept for it from now on, whether or not the others can go already. */
  private makeWay(wish: Wish): void {
    const victims = this.victims(wish, (one) => this.mayBeClosed(one));
    for (const { resident } of victims ?? []) this.closed.add(resident.demand.key);
    const giving = victims ?? this.view.occupants.filter((one) => !one.pinned);
    const given = giving.reduce((sum, { resident }) => sum + resident.bytes, 0);
    const left = Math.max(0, given + this.room().free - wish.demand.needBytes);
    this.spare = Math.min(this.spare ?? Infinity, left);
  }

  private wake(at: number): void {
    if (at > this.view.now) this.wakeAt = Math.min(this.wakeAt ?? Infinity, at);
  }
}

/** Whether it has to go in any case: it is the model itself with a smaller context, or one of its family. */
function takesPlaceOf({ resident }: Occupant, { key, family }: ModelDemand): boolean {
  const other = resident.demand;
  return other.key === key || (family !== undefined && other.family === family);
}

function tooLarge(needBytes: number, totalBytes: number): Refusal {
  const error = lasting(insufficientMemory(needBytes, totalBytes));
  return { error, cause: { code: 'too_large', needBytes, totalBytes, message: error.message } };
}

function pinnedInTheWay(key: ModelKey, staying: readonly Occupant[]): Refusal {
  const keys = staying.map(({ resident }) => resident.demand.key);
  const names = keys.join(', ');
  const pinned = staying.length === 1 ? `${names}, which is pinned` : `${names}, which are pinned`;
  const error = backendUnavailable(
    `The model ${key} does not fit into memory beside ${pinned}. Unpin a model, or use one that is in memory.`,
    { origin: 'engine' },
  );
  return { error, cause: { code: 'pinned', keys, message: error.message } };
}

/** Decides for one pool of memory which model comes next, and who has to go for it. */
export function decideTurn(view: TurnView): TurnDecision {
  const turn = new Turn(view);
  for (const wish of inOrder(view.wishes)) turn.visit(wish);
  return turn;
}
