import type { Tier } from '@local-llm-agent/contracts';
import { CallerTurns } from './caller-turns.state.js';
import type { ModelDemand, QueueReport, TierTerms, Ticket } from './scheduler.types.js';
import { TIERS, nextTier } from './tier.policy.js';
import { positionsOf } from './wait.estimate.js';

/** The first in line of a lane. */
interface Head {
  /** Of the caller whose turn it is. */
  readonly ticket: Ticket;
  /** Clock time, ms, since when the caller waits who was not served for longest. */
  readonly since: number;
}

/** Those of one tier. */
class Lane {
  /** In order of arrival. */
  readonly tickets = new Map<number, Ticket>();
  private readonly turns = new CallerTurns();
  /** Caller -> how many of it wait. */
  private readonly waiting = new Map<string, number>();
  /** Caller -> when it was last served, while more of it wait. */
  private readonly servedAt = new Map<string, number>();

  /** How many different callers wait. */
  get callers(): number {
    return this.waiting.size;
  }

  join(ticket: Ticket): void {
    this.tickets.set(ticket.id, ticket);
    this.waiting.set(ticket.caller, (this.waiting.get(ticket.caller) ?? 0) + 1);
  }

  /** Who is next of those that a model with this context can serve. */
  head(contextLength: number): Head | undefined {
    let ticket: Ticket | undefined;
    let since = Infinity;
    const seen = new Set<string>();
    for (const one of this.tickets.values()) {
      if (seen.has(one.caller) || one.demand.contextLength > contextLength) continue;
      seen.add(one.caller);
      // A batch that waits for itself is not overdue.
      since = Math.min(since, Math.max(one.arrivedAt, this.servedAt.get(one.caller) ?? -Infinity));
      if (!ticket || this.turns.startOf(one.caller) < this.turns.startOf(ticket.caller)) ticket = one;
    }
    return ticket && { ticket, since };
  }

  /** Clock time, ms, when the first came of those that need more than this context. */
  oldestAbove(contextLength: number): number | undefined {
    for (const ticket of this.tickets.values()) {
      if (ticket.demand.contextLength > contextLength) return ticket.arrivedAt;
    }
    return undefined;
  }

  leave(ticket: Ticket): void {
    if (!this.tickets.delete(ticket.id)) return;
    const more = (this.waiting.get(ticket.caller) ?? 1) - 1;
    if (more > 0) {
      this.waiting.set(ticket.caller, more);
      return;
    }
    this.waiting.delete(ticket.caller);
    this.servedAt.delete(ticket.caller);
  }

  served(ticket: Ticket, now: number): void {
    this.turns.served(ticket.caller);
    this.servedAt.set(ticket.caller, now);
    this.leave(ticket);
  }
}

/** What decides who is next, besides the queue itself. */
export interface NextTerms {
  readonly tiers: Readonly<Record<Tier, TierTerms>>;
  readonly smallPerMain: number;
  readonly now: number;
}

/** All that wait for one model: who is next, and what the model has to be for them. */
export class ModelQueue {
  private readonly lanes: Readonly<Record<Tier, Lane>> = { small: new Lane(), main: new Lane() };
  /** Context length -> how many want it. */
  private readonly contexts = new Map<number, number>();
  /** Worked out when somebody asks, and good until somebody comes or leaves: whole queues ask every second. */
  private positions: ReadonlyMap<number, number> | undefined;
  private smallInRow = 0;
  private lastGrantAt = -Infinity;

  /** How many wait. */
  get size(): number {
    return this.lanes.small.tickets.size + this.lanes.main.tickets.size;
  }

  /** How many of them a model with this context can serve. */
  fitting(contextLength: number): number {
    let count = 0;
    for (const [context, waiting] of this.contexts) if (context <= contextLength) count += waiting;
    return count;
  }

  /** Joins the queue. */
  add(ticket: Ticket): void {
    const { contextLength } = ticket.demand;
    this.lanes[ticket.tier].join(ticket);
    this.contexts.set(contextLength, (this.contexts.get(contextLength) ?? 0) + 1);
    this.positions = undefined;
  }

  /** Leaves the queue without being served. */
  remove(ticket: Ticket): void {
    this.lanes[ticket.tier].leave(ticket);
    this.forget(ticket);
  }

  /** Takes out who gets the next slot of a model with this context. */
  next(contextLength: number, { tiers, smallPerMain, now }: NextTerms): Ticket | undefined {
    const heads = { small: this.lanes.small.head(contextLength), main: this.lanes.main.head(contextLength) };
    const dueAt = (tier: Tier): number | undefined => heads[tier] && heads[tier].since + tiers[tier].maxWaitMs;
    const { smallInRow } = this;
    const due = { small: dueAt('small'), main: dueAt('main') };
    const tier = nextTier({ dueAt: due, now, smallInRow, smallPerMain });
    const ticket = heads[tier]?.ticket;
    if (!ticket) return undefined;
    this.lanes[tier].served(ticket, now);
    this.forget(ticket);
    this.lastGrantAt = now;
    this.smallInRow = tier === 'small' ? smallInRow + 1 : 0;
    return ticket;
  }

  /** Its position, see {@link positionsOf}; undefined when it does not wait here. */
  positionOf(ticketId: number, smallPerMain: number): number | undefined {
    this.positions ??= positionsOf(this.tickets(), smallPerMain);
    return this.positions.get(ticketId);
  }

  /** The demand with the largest context. */
  largest(): ModelDemand | undefined {
    const context = Math.max(...this.contexts.keys());
    for (const ticket of this.tickets()) if (ticket.demand.contextLength === context) return ticket.demand;
    return undefined;
  }

  /**
   * Clock time, ms, since when a tier waits for a model that is not in memory: since its oldest request, or since the model
   * last served anybody if that is later. With a queue longer than one turn the turns thus come a bound apart.
   */
  waitsSince(tier: Tier): number | undefined {
    const oldest = this.lanes[tier].oldestAbove(-1);
    return oldest === undefined ? undefined : Math.max(oldest, this.lastGrantAt);
  }

  /** Clock time, ms, when the oldest came that needs more than this context; others may be served all the time. */
  waitsForMoreSince(tier: Tier, contextLength: number): number | undefined {
    return this.lanes[tier].oldestAbove(contextLength);
  }

  /** All of them, tier by tier. */
  *tickets(): Iterable<Ticket> {
    for (const tier of TIERS) yield* this.lanes[tier].tickets.values();
  }

  /** For operators. */
  report(key: string): readonly QueueReport[] {
    return TIERS.flatMap((tier) => {
      const { tickets, callers } = this.lanes[tier];
      const [oldest] = tickets.values();
      if (!oldest) return [];
      return [{ key, tier, count: tickets.size, callers, oldestArrivedAt: oldest.arrivedAt }];
    });
  }

  private forget({ demand: { contextLength } }: Ticket): void {
    this.positions = undefined;
    const left = (this.contexts.get(contextLength) ?? 1) - 1;
    if (left === 0) this.contexts.delete(contextLength);
    else this.contexts.set(contextLength, left);
  }
}
