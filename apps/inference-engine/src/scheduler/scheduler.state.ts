import { insufficientMemory, queueFull, type ApiError, type Tier } from '@local-llm-agent/contracts';
import { fitsAlone, roomOf } from './fit.policy.js';
import { NO_PACE, finished, retryAfterSeconds, type Pace } from './pace.estimate.js';
import { decideQueue, type QueueDecision } from './queue.policy.js';
import {
  poolOf,
  type AvailableBytes,
  type Flight,
  type ModelDemand,
  type ModelKey,
  type Resident,
  type SchedulerEffect,
  type SchedulerEvent,
  type SchedulerSnapshot,
  type Ticket,
} from './scheduler.types.js';

const NOTHING: readonly SchedulerEffect[] = [];

/** A resident whose figures the state keeps up to date. */
type Held = { -readonly [Field in keyof Resident]: Resident[Field] };

/** One reading for each pool while one event is handled, and none if no load has to be decided. */
function readOnce(available: AvailableBytes): AvailableBytes {
  const readings = new Map<string, number>();
  return (pool) => {
    const known = readings.get(pool);
    if (known !== undefined) return known;
    const reading = available(pool);
    readings.set(pool, reading);
    return reading;
  };
}

/**
 * Who runs, who waits, and what is in memory. It owns its data and changes them only in {@link handle}: an event goes
 * in, the effects to carry out come out. It has no clock, timers or I/O.
 */
export class SchedulerState {
  private readonly residents = new Map<ModelKey, Held>();
  /** In order of arrival. */
  private readonly waiting = new Map<number, Ticket>();
  private readonly waitingByKey = new Map<ModelKey, number>();
  private readonly waitingByTier: Record<Tier, number> = { small: 0, main: 0 };
  /** Ticket -> the model it runs on, which may be lost or replaced by the time of the release. */
  private readonly granted = new Map<number, Held>();
  private flight: Flight | undefined;
  private closed: ReadonlySet<ModelKey> = new Set();
  /** Models that are to go as soon as nobody uses them. */
  private readonly unwanted = new Set<ModelKey>();
  private pace: Pace = NO_PACE;

  /** @param queueLengths requests of each tier that may wait; at least one may, or no model could ever be loaded */
  constructor(private readonly queueLengths: Readonly<Record<Tier, number>>) {}

  /** Takes in what happened; gives what to do about it. */
  handle(event: SchedulerEvent, now: number, available: AvailableBytes): readonly SchedulerEffect[] {
    const effects = this.react(event, now, available);
    const unloads = this.dropUnwanted();
    return unloads.length === 0 ? effects : [...effects, ...unloads];
  }

  private react(event: SchedulerEvent, now: number, available: AvailableBytes): readonly SchedulerEffect[] {
    switch (event.type) {
      case 'arrived':
        return this.onArrived(event.ticket, now, available);
      case 'released':
        return this.onReleased(event.ticketId, now, available);
      case 'cancelled':
        return this.dequeue(event.ticketId) ? this.advance(now, available) : NOTHING;
      case 'loaded':
        return this.onLoaded(event.key, event.measuredBytes, now, available);
      case 'loadFailed':
        return this.onLoadFailed(event.key, event.error, now, available);
      case 'unloaded':
        return this.onUnloaded(event.key, now, available);
      case 'lost':
        return this.onLost(event.key, now, available);
      case 'unwanted':
        this.unwanted.add(event.key);
        return NOTHING;
      case 'closed':
        return this.refuse([...this.waiting.values()], event.error);
    }
  }

  /** A copy of what is known now. */
  snapshot(): SchedulerSnapshot {
    return {
      waiting: { ...this.waitingByTier },
      residents: [...this.residents.values()].map((resident) => ({ ...resident })),
      loading: this.flight?.type === 'loading' ? this.flight.demand.key : undefined,
    };
  }

  /**
   * 1. The model is ready with a free slot, nobody waits for it, and no earlier request waits for its memory: grant.
   * 2. Nobody waits for the model, it is not in memory, and it does not fit even alone: refuse before anything is unloaded.
   * 3. The queue of the tier is full: refuse.
   * 4. Join the queue. Who is the first to wait for a model that is not in memory sets the queue in motion.
   */
  private onArrived(ticket: Ticket, now: number, available: AvailableBytes): readonly SchedulerEffect[] {
    const { demand, tier } = ticket;
    if (this.unwanted.size > 0) this.unwanted.delete(demand.key);
    const resident = this.residents.get(demand.key);
    const first = !this.waitingByKey.has(demand.key);
    if (
      first &&
      resident?.phase === 'ready' &&
      resident.slotsInUse < resident.demand.slots &&
      !this.closed.has(demand.key)
    ) {
      return [this.grant(ticket, resident, now)]; // 1
    }
    const reading = readOnce(available);
    const mayNeedLoad = first && (!resident || resident.phase === 'unloading');
    if (mayNeedLoad) {
      const room = roomOf(poolOf(demand), reading, this.residents.values(), this.flight);
      if (!fitsAlone(demand.needBytes, room)) {
        return [{ type: 'refuse', ticketId: ticket.id, error: insufficientMemory(demand.needBytes, room.total) }]; // 2
      }
    }
    const limit = Math.max(1, this.queueLengths[tier]);
    if (this.waitingByTier[tier] >= limit) {
      const error = queueFull(tier, this.waitingByTier[tier], retryAfterSeconds(this.pace));
      return [{ type: 'refuse', ticketId: ticket.id, error }]; // 3
    }
    this.enqueue(ticket); // 4
    return mayNeedLoad ? this.advance(now, reading) : NOTHING;
  }

  private onReleased(ticketId: number, now: number, available: AvailableBytes): readonly SchedulerEffect[] {
    const resident = this.granted.get(ticketId);
    if (!resident) return NOTHING;
    this.granted.delete(ticketId);
    resident.slotsInUse -= 1;
    resident.lastUsedAt = now;
    this.pace = finished(this.pace, now, this.waiting.size > 0);
    return this.advance(now, available);
  }

  private onLoaded(
    key: ModelKey,
    bytes: number | undefined,
    now: number,
    available: AvailableBytes,
  ): readonly SchedulerEffect[] {
    const resident = this.residents.get(key);
    if (resident?.phase !== 'loading') return NOTHING;
    resident.phase = 'ready';
    resident.bytes = bytes ?? resident.bytes;
    resident.lastUsedAt = now;
    this.flight = undefined;
    return this.advance(now, available);
  }

  private onLoadFailed(
    key: ModelKey,
    error: ApiError,
    now: number,
    available: AvailableBytes,
  ): readonly SchedulerEffect[] {
    if (this.residents.get(key)?.phase !== 'loading') return NOTHING;
    this.residents.delete(key);
    this.flight = undefined;
    const tickets = [...this.waiting.values()].filter((ticket) => ticket.demand.key === key);
    return [...this.refuse(tickets, error), ...this.advance(now, available)];
  }

  private onUnloaded(key: ModelKey, now: number, available: AvailableBytes): readonly SchedulerEffect[] {
    if (this.residents.get(key)?.phase !== 'unloading') return NOTHING;
    this.residents.delete(key);
    const underWay = [...this.residents.values()].some((resident) => resident.phase === 'unloading');
    if (!underWay) this.flight = undefined;
    return this.advance(now, available);
  }

  /** A load or unload that is under way reports its own end; only a model that was ready can be lost. */
  private onLost(key: ModelKey, now: number, available: AvailableBytes): readonly SchedulerEffect[] {
    if (this.residents.get(key)?.phase !== 'ready') return NOTHING;
    this.residents.delete(key);
    return this.advance(now, available);
  }

  /** Lets the queue policy look at all that wait, and makes its decision true. */
  private advance(now: number, available: AvailableBytes): readonly SchedulerEffect[] {
    if (this.waiting.size === 0) {
      if (this.closed.size > 0) this.closed = new Set();
      return NOTHING;
    }
    const decision = decideQueue({
      waiting: this.waiting.values(),
      residents: this.residents,
      flight: this.flight,
      available: readOnce(available),
      now,
    });
    this.closed = decision.closed;
    return this.apply(decision, now);
  }

  /** Unloads the unwanted models that nobody uses. One change of memory at a time: the rest goes after it. */
  private dropUnwanted(): readonly SchedulerEffect[] {
    if (this.unwanted.size === 0 || this.flight) return NOTHING;
    const keys = new Set<ModelKey>();
    for (const key of this.unwanted) {
      const resident = this.residents.get(key);
      if (resident && resident.slotsInUse > 0) continue;
      this.unwanted.delete(key);
      if (resident?.phase === 'ready') keys.add(key);
    }
    if (keys.size === 0) return NOTHING;
    this.flight = { type: 'unloading', keys };
    return this.unload(keys);
  }

  private apply(decision: QueueDecision, now: number): readonly SchedulerEffect[] {
    const effects: SchedulerEffect[] = [];
    for (const ticket of decision.grants) {
      const resident = this.residents.get(ticket.demand.key);
      if (!resident) continue;
      this.dequeue(ticket.id);
      effects.push(this.grant(ticket, resident, now));
    }
    for (const { ticket, error } of decision.refusals) effects.push(...this.refuse([ticket], error));
    if (decision.begin) {
      this.flight = decision.begin;
      effects.push(
        ...(decision.begin.type === 'loading'
          ? this.load(decision.begin.demand, now)
          : this.unload(decision.begin.keys)),
      );
    }
    return effects;
  }

  private load(demand: ModelDemand, now: number): readonly SchedulerEffect[] {
    const phase = 'loading';
    const times = { lastUsedAt: now, lastGrantedAt: now };
    this.residents.set(demand.key, { demand, bytes: demand.needBytes, phase, slotsInUse: 0, ...times });
    return [{ type: 'load', demand }];
  }

  private unload(keys: ReadonlySet<ModelKey>): readonly SchedulerEffect[] {
    const effects: SchedulerEffect[] = [];
    for (const key of keys) {
      const resident = this.residents.get(key);
      if (resident) resident.phase = 'unloading';
      effects.push({ type: 'unload', key });
    }
    return effects;
  }

  private grant(ticket: Ticket, resident: Held, now: number): SchedulerEffect {
    resident.slotsInUse += 1;
    resident.lastUsedAt = now;
    resident.lastGrantedAt = now;
    this.granted.set(ticket.id, resident);
    return { type: 'grant', ticketId: ticket.id, demand: resident.demand };
  }

  private refuse(tickets: readonly Ticket[], error: ApiError): readonly SchedulerEffect[] {
    for (const ticket of tickets) this.dequeue(ticket.id);
    return tickets.map((ticket) => ({ type: 'refuse', ticketId: ticket.id, error }));
  }

  private enqueue(ticket: Ticket): void {
    this.waiting.set(ticket.id, ticket);
    this.waitingByKey.set(ticket.demand.key, (this.waitingByKey.get(ticket.demand.key) ?? 0) + 1);
    this.waitingByTier[ticket.tier] += 1;
  }

  private dequeue(ticketId: number): boolean {
    const ticket = this.waiting.get(ticketId);
    if (!ticket) return false;
    this.waiting.delete(ticketId);
    const left = (this.waitingByKey.get(ticket.demand.key) ?? 1) - 1;
    if (left === 0) this.waitingByKey.delete(ticket.demand.key);
    else this.waitingByKey.set(ticket.demand.key, left);
    this.waitingByTier[ticket.tier] -= 1;
    return true;
  }
}
