import { insufficientMemory, type ApiError } from '@local-llm-agent/contracts';
import { chooseVictims, evictable, idleOnly } from './eviction.policy.js';
import { fitsAlone, fitsNow, roomOf, type Room } from './fit.policy.js';
import {
  poolOf,
  type AvailableBytes,
  type Flight,
  type MemoryPool,
  type ModelDemand,
  type ModelKey,
  type Resident,
  type Ticket,
} from './scheduler.types.js';

/** What the policy looks at. */
export interface QueueView {
  /** In order of arrival. */
  readonly waiting: Iterable<Ticket>;
  readonly residents: ReadonlyMap<ModelKey, Resident>;
  readonly flight: Flight | undefined;
  readonly available: AvailableBytes;
  readonly now: number;
}

/** What is to happen now to those that wait. */
export interface QueueDecision {
  readonly grants: readonly Ticket[];
  readonly refusals: readonly { readonly ticket: Ticket; readonly error: ApiError }[];
  /** The change of memory to begin; at most one is under way. */
  readonly begin: Flight | undefined;
  /** Models that take no later requests, because one that waits for another model needs their memory. */
  readonly closed: ReadonlySet<ModelKey>;
}

/** The view and what has been decided so far; local to one walk. */
class Walk {
  readonly grants: Ticket[] = [];
  readonly refusals: { ticket: Ticket; error: ApiError }[] = [];
  readonly closed = new Set<ModelKey>();
  readonly residents: Map<ModelKey, Resident>;
  begin: Flight | undefined;
  /** Models that were decided at their first ticket; with the error when it was a refusal. */
  private readonly decided = new Map<ModelKey, ApiError | undefined>();
  /** For each pool in which a model waits: what may be taken without making that model wait longer. */
  private readonly spare = new Map<MemoryPool, number>();

  constructor(private readonly view: QueueView) {
    this.residents = new Map(view.residents);
  }

  /**
   * Strictly first come, first served:
   * 1. The model is ready: grant a free slot, unless an earlier request waits for this model's memory.
   * 2. The model is loading, or an earlier request of it was just decided: share its lot.
   * 3. It does not fit even alone: refuse.
   * 4. Nothing is under way, and it fits beside all in memory and all that wait before it: load.
   * 5. Nothing is under way, nobody waits before it for this memory, and idle models can make room: unload them.
   * 6. Otherwise it waits, and the models that will have to go take no later requests.
   */
  visit(ticket: Ticket): void {
    const { demand } = ticket;
    const resident = this.residents.get(demand.key);
    if (resident?.phase === 'ready') {
      this.visitReady(ticket, resident); // 1
      return;
    }
    if (resident?.phase === 'loading') return; // 2
    if (!this.decided.has(demand.key)) this.decided.set(demand.key, this.decideLoad(demand));
    const error = this.decided.get(demand.key);
    if (error) this.refusals.push({ ticket, error }); // 2, 3
  }

  private visitReady(ticket: Ticket, resident: Resident): void {
    const { key } = ticket.demand;
    if (this.closed.has(key) || resident.slotsInUse >= resident.demand.slots) return;
    const { now } = this.view;
    this.residents.set(key, { ...resident, slotsInUse: resident.slotsInUse + 1, lastUsedAt: now, lastGrantedAt: now });
    this.grants.push(ticket);
  }

  /** Steps 3 to 6; gives the error of a refusal. */
  private decideLoad(demand: ModelDemand): ApiError | undefined {
    const { needBytes } = demand;
    const pool = poolOf(demand);
    const flight = this.view.flight ?? this.begin;
    const room = roomOf(pool, this.view.available, this.residents.values(), flight);
    if (!fitsAlone(needBytes, room)) return insufficientMemory(needBytes, room.total); // 3

    const spare = this.spare.get(pool);
    if (!flight && fitsNow(needBytes, room) && needBytes <= (spare ?? Infinity)) {
      this.beginLoad(demand, room.free - needBytes); // 4
      return undefined;
    }
    const candidates = evictable(pool, this.residents.values());
    const idle = flight || spare !== undefined ? undefined : chooseVictims(needBytes - room.free, idleOnly(candidates));
    if (idle)
      this.beginUnload(idle); // 5
    else this.close(demand, room, candidates); // 6
    return undefined;
  }

  private beginLoad(demand: ModelDemand, roomLeft: number): void {
    this.begin = { type: 'loading', demand, roomLeft };
    const { now } = this.view;
    const phase = 'loading';
    this.residents.set(demand.key, {
      demand,
      bytes: demand.needBytes,
      phase,
      slotsInUse: 0,
      lastUsedAt: now,
      lastGrantedAt: now,
    });
  }

  private beginUnload(victims: readonly Resident[]): void {
    this.begin = { type: 'unloading', keys: new Set(victims.map((victim) => victim.demand.key)) };
    for (const victim of victims) this.residents.set(victim.demand.key, { ...victim, phase: 'unloading' });
  }

  private close(demand: ModelDemand, room: Room, candidates: readonly Resident[]): void {
    const shortage = demand.needBytes - room.free;
    const victims = chooseVictims(shortage, candidates) ?? candidates;
    const given = victims.reduce((sum, victim) => sum + victim.bytes, 0);
    const left = Math.max(0, given - shortage);
    for (const victim of victims) this.closed.add(victim.demand.key);
    this.spare.set(poolOf(demand), Math.min(this.spare.get(poolOf(demand)) ?? Infinity, left));
  }
}

/** Decides, in order of arrival, what happens now to each request that waits. */
export function decideQueue(view: QueueView): QueueDecision {
  const walk = new Walk(view);
  for (const ticket of view.waiting) walk.visit(ticket);
  return walk;
}
