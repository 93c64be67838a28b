import {
  poolOf,
  type Cause,
  type Flight,
  type FlightReport,
  type MemoryPool,
  type ModelDemand,
  type ModelKey,
  type Resident,
} from './scheduler.types.js';
import { LoadTimes } from './load-times.state.js';
import { ResidencyHistory } from './residency-history.state.js';

/** A resident whose figures the state keeps up to date. */
export type Held = { -readonly [Field in keyof Resident]: Resident[Field] };

/** A model that goes, and why. */
export interface Leaver {
  readonly key: ModelKey;
  readonly cause: Cause;
}

/** What is in memory, what changes there, and which models have to stay or to go. */
export class ModelMemory {
  readonly loadTimes = new LoadTimes();
  readonly history = new ResidencyHistory();
  private readonly residents = new Map<ModelKey, Held>();
  private readonly flights = new Map<MemoryPool, Flight>();
  /** Models that are to go as soon as nobody uses them, and why. */
  private readonly unwanted = new Map<ModelKey, Cause>();
  private readonly pinned = new Set<ModelKey>();

  /** The model, if it is in memory, on its way there, or on its way out. */
  get(key: ModelKey): Held | undefined {
    return this.residents.get(key);
  }

  /** All of them in a pool, or everywhere. */
  all(pool?: MemoryPool): readonly Held[] {
    const residents = [...this.residents.values()];
    return pool === undefined ? residents : residents.filter(({ demand }) => poolOf(demand) === pool);
  }

  /** The change that is under way in a pool. */
  flight(pool: MemoryPool): Flight | undefined {
    return this.flights.get(pool);
  }

  /** Whether it stays in memory once it is there. */
  isPinned(key: ModelKey): boolean {
    return this.pinned.has(key);
  }

  /** Says whether it stays in memory once it is there. */
  pin(key: ModelKey, pinned: boolean): void {
    if (pinned) this.pinned.add(key);
    else this.pinned.delete(key);
  }

  /** Wants it to go as soon as nobody uses it, or not any more. */
  want(key: ModelKey, wanted: boolean, cause: Cause = { code: 'unwanted' }): void {
    if (!wanted) this.unwanted.set(key, cause);
    else if (this.unwanted.size > 0) this.unwanted.delete(key);
  }

  /** A load begins; `roomLeft` is what the pool will have left after it. */
  load(demand: ModelDemand, roomLeft: number, now: number): void {
    this.flights.set(poolOf(demand), { type: 'loading', demand, roomLeft, startedAt: now });
    const bytes = demand.needBytes;
    const times = { since: now, lastUsedAt: now };
    this.add({ demand, bytes, phase: 'loading', slotsInUse: 0, grants: 0, ...times });
  }

  /** A model is there by itself. False when it is known already. */
  found(demand: ModelDemand, now: number): boolean {
    if (this.residents.has(demand.key)) return false;
    const times = { since: now, lastUsedAt: now };
    this.add({ demand, bytes: demand.needBytes, phase: 'ready', slotsInUse: 0, grants: 0, ...times });
    return true;
  }

  /** Models of one pool begin to go. */
  unload(pool: MemoryPool, leavers: readonly Leaver[], now: number): void {
    this.flights.set(pool, { type: 'unloading', keys: new Set(leavers.map(({ key }) => key)), startedAt: now });
    for (const { key } of leavers) {
      const resident = this.residents.get(key);
      if (!resident) continue;
      Object.assign(resident, { phase: 'unloading', since: now } satisfies Partial<Resident>);
      this.history.note(resident, now);
    }
  }

  /** A request got a slot of a model that is ready. */
  granted(resident: Held, now: number): void {
    resident.slotsInUse += 1;
    resident.grants += 1;
    resident.lastUsedAt = now;
    this.history.note(resident, now);
  }

  /** A request gave its slot back; the model may have been lost or replaced meanwhile. */
  released(resident: Held, now: number): void {
    resident.slotsInUse -= 1;
    resident.lastUsedAt = now;
    if (this.residents.get(resident.demand.key) === resident) this.history.note(resident, now);
  }

  /** A load ended well. False when no such load was under way. */
  loaded(key: ModelKey, bytes: number | undefined, now: number): boolean {
    const resident = this.residents.get(key);
    if (resident?.phase !== 'loading') return false;
    this.loadTimes.learn(key, now - resident.since);
    resident.phase = 'ready';
    resident.since = now;
    resident.bytes = bytes ?? resident.bytes;
    resident.lastUsedAt = now;
    this.flights.delete(poolOf(resident.demand));
    this.history.note(resident, now);
    return true;
  }

  /** A model that is ready takes so much by now. False when it is not. */
  measured(key: ModelKey, bytes: number, now: number): boolean {
    const resident = this.residents.get(key);
    if (resident?.phase !== 'ready') return false;
    const pool = poolOf(resident.demand);
    const flight = this.flights.get(pool);
    // What it takes more is missing after the load that is under way.
    const roomLeft = flight?.type === 'loading' ? flight.roomLeft - (bytes - resident.bytes) : 0;
    if (flight?.type === 'loading') this.flights.set(pool, { ...flight, roomLeft });
    resident.bytes = bytes;
    this.history.note(resident, now);
    return true;
  }

  /** A model that was in this phase is not there any more; gives it. */
  gone(key: ModelKey, phase: Resident['phase'], now: number): Held | undefined {
    const resident = this.residents.get(key);
    if (resident?.phase !== phase) return undefined;
    this.residents.delete(key);
    this.history.leave(key, now);
    const pool = poolOf(resident.demand);
    if (phase === 'ready') return resident;
    const flight = this.flights.get(pool);
    const left = flight?.type === 'unloading' ? [...flight.keys].filter((other) => other !== key) : [];
    if (flight?.type === 'unloading' && left.length > 0) this.flights.set(pool, { ...flight, keys: new Set(left) });
    else this.flights.delete(pool);
    return resident;
  }

  /** By pool, the idle models that are unwanted or were not used for long, where no other change is under way. */
  leavers(now: number): ReadonlyMap<MemoryPool, readonly Leaver[]> {
    const leaving = new Map<MemoryPool, Leaver[]>();
    for (const resident of this.residents.values()) {
      const cause = this.causeToLeave(resident, now);
      if (cause === undefined) continue;
      const pool = poolOf(resident.demand);
      const others = leaving.get(pool) ?? [];
      leaving.set(pool, [...others, { key: resident.demand.key, cause }]);
    }
    for (const key of this.unwanted.keys()) {
      const phase = this.residents.get(key)?.phase;
      if (phase === undefined || phase === 'unloading') this.unwanted.delete(key);
    }
    return leaving;
  }

  /** Clock time, ms, at which the first idle model is to leave. What waits for a change to end is looked at then. */
  expiresAt(): number | undefined {
    let first: number | undefined;
    for (const resident of this.residents.values()) {
      const { ttlMs } = resident.demand;
      if (ttlMs !== undefined && this.mayLeave(resident))
        first = Math.min(first ?? Infinity, resident.lastUsedAt + ttlMs);
    }
    return first;
  }

  /** For operators. */
  report(): { readonly flights: readonly FlightReport[]; readonly pinned: readonly ModelKey[] } {
    const flights = [...this.flights].map(([pool, flight]): FlightReport => {
      const { type, startedAt } = flight;
      if (type === 'unloading') return { pool, type, keys: [...flight.keys], startedAt, expectedMs: undefined };
      const { demand } = flight;
      return { pool, type, keys: [demand.key], startedAt, expectedMs: this.loadTimes.expectedMs(demand) };
    });
    return { flights, pinned: [...this.pinned] };
  }

  private add(resident: Held): void {
    this.residents.set(resident.demand.key, resident);
    this.history.note(resident, resident.since);
  }

  private causeToLeave(resident: Held, now: number): Cause | undefined {
    if (!this.mayLeave(resident)) return undefined;
    const { key, ttlMs } = resident.demand;
    const unwanted = this.unwanted.get(key);
    if (unwanted !== undefined) return unwanted;
    if (ttlMs === undefined || resident.lastUsedAt + ttlMs > now) return undefined;
    return { code: 'idle', idleMs: now - resident.lastUsedAt };
  }

  private mayLeave({ phase, slotsInUse, demand }: Held): boolean {
    return phase === 'ready' && slotsInUse === 0 && !this.pinned.has(demand.key) && !this.flights.has(poolOf(demand));
  }
}
