import { queueFull, type ApiError, type Tier } from '@local-llm-agent/contracts';
import { Decisions } from './decisions.state.js';
import { sliceEndsAt, wishOf, type Wish } from './due.policy.js';
import { chooseVictims, type Occupant } from './eviction.policy.js';
import { roomOf } from './fit.policy.js';
import { ModelMemory, type Held, type Leaver } from './memory.state.js';
import { NO_PACE, finished, retryAfterSeconds, type Pace } from './pace.estimate.js';
import type { ResidencyLane } from './residency-history.state.js';
import { CallerRhythms } from './rhythm.state.js';
import {
  poolOf,
  type AvailableBytes,
  type MemoryPool,
  type ModelDemand,
  type ModelKey,
  type Resident,
  type SchedulerEffect,
  type SchedulerEvent,
  type SchedulerSnapshot,
  type TierTerms,
  type Ticket,
} from './scheduler.types.js';
import { DEFAULT_TUNING, type SchedulerTuning } from './tuning.types.js';
import { decideTurn, type Begin, type Refusal, type TurnDecision } from './turn.policy.js';
import { placeOf, type WaitPlace } from './wait.estimate.js';
import { WaitingRoom } from './waiting.state.js';

const NOTHING: readonly SchedulerEffect[] = [];

/** What the state machine is made with. */
export interface SchedulerTerms {
  readonly tiers: Readonly<Record<Tier, TierTerms>>;
  readonly tuning?: Partial<SchedulerTuning>;
}

/** What went wrong elsewhere. */
function failed(error: ApiError): Refusal {
  return { error, cause: { code: 'failed', message: error.message } };
}

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
  private readonly tiers: Readonly<Record<Tier, TierTerms>>;
  private readonly tuning: SchedulerTuning;
  private readonly memory = new ModelMemory();
  private readonly waiting = new WaitingRoom();
  /** Ticket -> the model it runs on, which may be lost or replaced by the time of the release. */
  private readonly granted = new Map<number, { readonly held: Held; readonly caller: string }>();
  /** Models that take no more requests, see {@link TurnDecision}. */
  private closed: ReadonlySet<ModelKey> = new Set();
  private readonly rhythms = new CallerRhythms();
  private readonly decisions = new Decisions();
  private pace: Pace = NO_PACE;
  /** Clock time, ms, at which the turns have to be decided anew. */
  private turnsWakeAt: number | undefined;

  constructor(terms: SchedulerTerms) {
    this.tiers = terms.tiers;
    this.tuning = { ...DEFAULT_TUNING, ...terms.tuning };
  }

  /** Takes in what happened; gives what to do about it. */
  handle(event: SchedulerEvent, now: number, available: AvailableBytes): readonly SchedulerEffect[] {
    const effects = this.react(event, now, readOnce(available));
    const leavers = this.memory.leavers(now);
    if (leavers.size === 0) return effects;
    return [...effects, ...[...leavers].flatMap(([pool, leaving]) => this.unload(pool, leaving, now))];
  }

  /** Clock time, ms, at which it wants a tick if nothing happens before. */
  wakeAt(): number | undefined {
    const expiresAt = this.memory.expiresAt();
    if (expiresAt === undefined) return this.turnsWakeAt;
    return Math.min(this.turnsWakeAt ?? Infinity, expiresAt);
  }

  /** Where a request stands; nothing once it does not wait any more. */
  placeOf(ticketId: number, now: number): WaitPlace | undefined {
    const ticket = this.waiting.ticket(ticketId);
    const position = ticket && this.waiting.of(ticket.demand.key)?.positionOf(ticketId, this.tuning.smallPerMain);
    if (!ticket || position === undefined) return undefined;
    return placeOf(ticket, {
      position,
      resident: this.memory.get(ticket.demand.key),
      loadMs: this.memory.loadTimes.expectedMs(ticket.demand),
      now,
    });
  }

  /**
   * Who would leave if this model were to be loaded now, and all the others had nothing to do: nobody when it fits beside
   * them; undefined when it does not fit even so.
   */
  leaversFor(demand: ModelDemand, now: number, available: AvailableBytes): readonly ModelKey[] | undefined {
    const pool = poolOf(demand);
    const residents = this.memory.all(pool);
    const { free } = roomOf(pool, available, residents, this.memory.flight(pool));
    const others = residents
      .filter(({ phase, demand: { key } }) => phase === 'ready' && key !== demand.key && !this.memory.isPinned(key))
      .map((resident) => this.occupantOf(resident));
    return chooseVictims(demand.needBytes - free, others, now)?.map(({ resident }) => resident.demand.key);
  }

  /** Whether the model is in memory, on its way there or on its way out; undefined when it is none of that. */
  phaseOf(key: ModelKey): Resident['phase'] | undefined {
    return this.memory.get(key)?.phase;
  }

  /** A copy of what is known now. It takes a look at all that wait: ask for less where a request asks. */
  snapshot(): SchedulerSnapshot {
    return {
      waiting: this.waiting.counts(),
      queues: this.waiting.report(),
      residents: this.memory.all().map((resident) => ({ ...resident })),
      ...this.memory.report(),
      loadTimes: this.memory.loadTimes.report(),
      decisions: this.decisions.list(),
    };
  }

  /** What the models in memory did since this moment, see {@link ResidencyHistory.since}. */
  history(since: number, now: number): readonly ResidencyLane[] {
    return this.memory.history.since(since, now);
  }

  private react(event: SchedulerEvent, now: number, available: AvailableBytes): readonly SchedulerEffect[] {
    switch (event.type) {
      case 'arrived':
        return this.onArrived(event.ticket, now, available);
      case 'released':
        return this.onReleased(event.ticketId, now, available);
      case 'cancelled':
        return this.advanceIf(this.waiting.remove(event.ticketId), now, available);
      case 'loaded':
        return this.advanceIf(this.memory.loaded(event.key, event.measuredBytes, now), now, available);
      case 'loadFailed':
        return this.onLoadFailed(event.key, event.error, now, available);
      case 'unloaded':
        return this.advanceIf(this.memory.gone(event.key, 'unloading', now) !== undefined, now, available);
      case 'lost':
        // A load or unload that is under way reports its own end; only a model that was ready can be lost.
        return this.advanceIf(this.memory.gone(event.key, 'ready', now) !== undefined, now, available);
      case 'found':
        return this.advanceIf(this.memory.found(event.demand, now), now, available);
      case 'unwanted':
        this.memory.want(event.key, false, event.cause);
        return NOTHING;
      case 'pinned':
        this.memory.pin(event.key, event.pinned);
        return this.advance(now, available);
      case 'measured':
        return this.advanceIf(this.memory.measured(event.key, event.bytes, now), now, available);
      case 'tick':
        return this.advance(now, available);
      case 'closed':
        return this.refuse(this.waiting.all(), failed(event.error), now);
    }
  }

  /**
   * 1. The model is ready with a free slot and a context that is large enough, nobody who could have the slot waits, and
   *    nobody past the bound needs its memory: grant.
   * 2. The queue of the tier is full: refuse.
   * 3. Join the queue. Who does not fit even alone is refused there.
   */
  private onArrived(ticket: Ticket, now: number, available: AvailableBytes): readonly SchedulerEffect[] {
    const { demand, tier, caller } = ticket;
    const { key, contextLength } = demand;
    this.memory.want(key, true);
    this.rhythms.asked(caller, key, now);
    const resident = this.memory.get(key);
    if (
      resident?.phase === 'ready' &&
      resident.slotsInUse < resident.demand.slots &&
      contextLength <= resident.demand.contextLength &&
      !this.isWanted(resident) &&
      !this.closed.has(key)
    ) {
      return [this.grant(ticket, resident, now)]; // 1
    }
    const limit = Math.max(1, this.tiers[tier].queueLength);
    if (!this.waiting.hasPlace(tier, caller, limit)) {
      const count = this.waiting.counts()[tier];
      const error = queueFull(tier, count, retryAfterSeconds(this.pace));
      return this.refuse([ticket], { error, cause: { code: 'queue_full', tier, count, message: error.message } }, now); // 2
    }
    this.waiting.add(ticket); // 3
    return this.advance(now, available);
  }

  private onReleased(ticketId: number, now: number, available: AvailableBytes): readonly SchedulerEffect[] {
    const granted = this.granted.get(ticketId);
    if (!granted) return NOTHING;
    const { held, caller } = granted;
    this.granted.delete(ticketId);
    this.memory.released(held, now);
    this.rhythms.answered(caller, held.demand.key, now);
    this.pace = finished(this.pace, now, this.waiting.size > 0);
    return this.advance(now, available);
  }

  /** Those that would have been content with a smaller context may still get it. */
  private onLoadFailed(
    key: ModelKey,
    error: ApiError,
    now: number,
    available: AvailableBytes,
  ): readonly SchedulerEffect[] {
    const gone = this.memory.gone(key, 'loading', now);
    if (!gone) return NOTHING;
    const refused = this.refuse(this.waitingFor(gone.demand), failed(error), now);
    return [...refused, ...this.advance(now, available)];
  }

  private advanceIf(changed: boolean, now: number, available: AvailableBytes): readonly SchedulerEffect[] {
    return changed ? this.advance(now, available) : NOTHING;
  }

  /** Looks at all that wait anew: who gets a slot, and what changes in memory. */
  private advance(now: number, available: AvailableBytes): readonly SchedulerEffect[] {
    this.turnsWakeAt = undefined;
    if (this.waiting.size === 0) {
      if (this.closed.size > 0) this.closed = new Set();
      return NOTHING;
    }
    const decisions = this.decideTurns(now, available);
    this.closed = new Set(decisions.flatMap(([, { closed }]) => [...closed]));
    const changes: SchedulerEffect[] = [];
    let refused = false;
    for (const [pool, { refusals, begin, wakeAt }] of decisions) {
      for (const { wish, ...refusal } of refusals) {
        changes.push(...this.refuse(this.waitingFor(wish.demand), refusal, now));
        refused = true;
      }
      if (begin) changes.push(...this.begin(pool, begin, now));
      if (wakeAt !== undefined) this.turnsWakeAt = Math.min(this.turnsWakeAt ?? Infinity, wakeAt);
    }
    // Models that go from now on get no more requests; those that stay are set to work before memory changes.
    const effects = [...this.grantWaiting(now), ...changes];
    // Who is left of a refused queue may be content with less.
    return refused ? [...effects, ...this.advance(now, available)] : effects;
  }

  private decideTurns(now: number, available: AvailableBytes): readonly [MemoryPool, TurnDecision][] {
    const wishes = new Map<MemoryPool, Wish[]>();
    for (const [key, queue] of this.waiting.entries()) {
      const wish = wishOf(queue, this.memory.get(key), this.tiers);
      if (!wish) continue;
      const pool = poolOf(wish.demand);
      const others = wishes.get(pool);
      if (others) others.push(wish);
      else wishes.set(pool, [wish]);
    }
    return [...wishes].map(([pool, wished]) => {
      const residents = this.memory.all(pool);
      const occupants = residents.filter(({ phase }) => phase === 'ready').map((held) => this.occupantOf(held));
      const flight = this.memory.flight(pool);
      return [pool, decideTurn({ pool, wishes: wished, occupants, residents, flight, available, now })];
    });
  }

  private occupantOf(resident: Held): Occupant {
    const { demand, slotsInUse } = resident;
    const { key } = demand;
    const { tuning, memory, rhythms } = this;
    const loadMs = memory.loadTimes.expectedMs(demand);
    return {
      resident,
      running: slotsInUse > 0,
      wanted: this.isWanted(resident),
      closed: this.closed.has(key),
      pinned: memory.isPinned(key),
      sliceEndsAt: sliceEndsAt(resident, loadMs, tuning),
      keptUntil: rhythms.expectedUntil(key, loadMs, tuning.windowShare * loadMs) ?? -Infinity,
      loadMs,
    };
  }

  /** Whether somebody waits for it whom it can serve as it is. */
  private isWanted({ demand: { key, contextLength } }: Held): boolean {
    return (this.waiting.of(key)?.fitting(contextLength) ?? 0) > 0;
  }

  private grantWaiting(now: number): SchedulerEffect[] {
    const effects: SchedulerEffect[] = [];
    const terms = { tiers: this.tiers, smallPerMain: this.tuning.smallPerMain, now };
    for (const resident of this.memory.all()) {
      const { key, slots, contextLength } = resident.demand;
      if (resident.phase !== 'ready' || this.closed.has(key)) continue;
      while (resident.slotsInUse < slots) {
        const ticket = this.waiting.next(key, contextLength, terms);
        if (!ticket) break;
        effects.push(this.grant(ticket, resident, now));
      }
    }
    return effects;
  }

  private begin(pool: MemoryPool, begin: Begin, now: number): readonly SchedulerEffect[] {
    if (begin.type === 'unloading') return this.unload(pool, begin.victims, now);
    const { cause, roomLeft } = begin;
    const { demand } = begin.wish;
    this.memory.load(demand, roomLeft, now);
    this.decisions.add({ at: now, type: 'load', key: demand.key, cause });
    return [{ type: 'load', demand, cause }];
  }

  private unload(pool: MemoryPool, leavers: readonly Leaver[], now: number): readonly SchedulerEffect[] {
    this.memory.unload(pool, leavers, now);
    return leavers.map(({ key, cause }) => {
      this.decisions.add({ at: now, type: 'unload', key, cause });
      return { type: 'unload', key, cause };
    });
  }

  private grant(ticket: Ticket, resident: Held, now: number): SchedulerEffect {
    this.memory.granted(resident, now);
    this.granted.set(ticket.id, { held: resident, caller: ticket.caller });
    return { type: 'grant', ticketId: ticket.id, demand: resident.demand };
  }

  /** Those that wait for the model with this context or a larger one. */
  private waitingFor({ key, contextLength }: ModelDemand): readonly Ticket[] {
    const queue = this.waiting.of(key);
    return queue ? [...queue.tickets()].filter((ticket) => ticket.demand.contextLength >= contextLength) : [];
  }

  private refuse(tickets: readonly Ticket[], { error, cause }: Refusal, now: number): readonly SchedulerEffect[] {
    return tickets.map((ticket) => {
      this.waiting.remove(ticket.id);
      this.decisions.add({ at: now, type: 'refuse', key: ticket.demand.key, cause });
      return { type: 'refuse', ticketId: ticket.id, error };
    });
  }
}
