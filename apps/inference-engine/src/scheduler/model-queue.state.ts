import type { Tier } from '@local-llm-agent/contracts';
import { CallerTurns } from './caller-turns.state.js';
import type { ModelDemand, QueueReport, TierTerms, Ticket } from './scheduler.types.js';
import { TIERS, nextTier } from './tier.policy.js';

/** Those of one tier. */
class Lane {
  /** In order of arrival. */
  readonly tickets = new Map<number, Ticket>();
  readonly turns = new CallerTurns();
  lastGrantAt = -Infinity;

  /** The first in line of the caller whose turn it is, of those that a model with this context can serve. */
  next(contextLength: number): Ticket | undefined {
    let best: Ticket | undefined;
    const seen = new Set<string>();
    for (const ticket of this.tickets.values()) {
      if (seen.has(ticket.caller) || ticket.demand.contextLength > contextLength) continue;
      seen.add(ticket.caller);
      if (!best || this.turns.startOf(ticket.caller) < this.turns.startOf(best.caller)) best = ticket;
    }
    return best;
  }

  /** The first to have come of those that match. */
  oldest(matches: (ticket: Ticket) => boolean): Ticket | undefined {
    for (const ticket of this.tickets.values()) if (matches(ticket)) return ticket;
    return undefined;
  }

  /** Since when those that match wait: since the oldest came, or since the tier was last served. */
  since(matches: (ticket: Ticket) => boolean): number | undefined {
    const oldest = this.oldest(matches);
    return oldest && Math.max(oldest.arrivedAt, this.lastGrantAt);
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
  private smallInRow = 0;

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
    this.lanes[ticket.tier].tickets.set(ticket.id, ticket);
    this.contexts.set(contextLength, (this.contexts.get(contextLength) ?? 0) + 1);
  }

  /** Leaves the queue. */
  remove(ticket: Ticket): void {
    const { contextLength } = ticket.demand;
    this.lanes[ticket.tier].tickets.delete(ticket.id);
    const left = (this.contexts.get(contextLength) ?? 1) - 1;
    if (left === 0) this.contexts.delete(contextLength);
    else this.contexts.set(contextLength, left);
  }

  /** Who gets the next slot of a model with this context. It has to be removed and served, or the turn is wrong. */
  next(contextLength: number, { tiers, smallPerMain, now }: NextTerms): Ticket | undefined {
    const dueAt = (tier: Tier): number | undefined => {
      const since = this.lanes[tier].since((ticket) => ticket.demand.contextLength <= contextLength);
      return since === undefined ? undefined : since + tiers[tier].maxWaitMs;
    };
    const { smallInRow } = this;
    const due = { small: dueAt('small'), main: dueAt('main') };
    return this.lanes[nextTier({ dueAt: due, now, smallInRow, smallPerMain })].next(contextLength);
  }

  /** The ticket, which {@link next} gave, was granted. */
  served(ticket: Ticket, now: number): void {
    const lane = this.lanes[ticket.tier];
    lane.turns.served(ticket.caller);
    lane.lastGrantAt = now;
    this.smallInRow = ticket.tier === 'small' ? this.smallInRow + 1 : 0;
  }

  /** The demand with the largest context. */
  largest(): ModelDemand | undefined {
    const context = Math.max(...this.contexts.keys());
    for (const ticket of this.tickets()) if (ticket.demand.contextLength === context) return ticket.demand;
    return undefined;
  }

  /**
   * Clock time, ms, since when a tier waits for a model that is not in memory: since its oldest request, or since it was
   * last served here if that is later. With a queue longer than one turn the turns thus come a bound apart.
   */
  waitsSince(tier: Tier): number | undefined {
    return this.lanes[tier].since(() => true);
  }

  /** Clock time, ms, when the oldest came that needs more than this context; others may be served all the time. */
  waitsForMoreSince(tier: Tier, contextLength: number): number | undefined {
    return this.lanes[tier].oldest((ticket) => ticket.demand.contextLength > contextLength)?.arrivedAt;
  }

  /** All of them, tier by tier. */
  *tickets(): Iterable<Ticket> {
    for (const tier of TIERS) yield* this.lanes[tier].tickets.values();
  }

  /** For operators. */
  report(key: string): readonly QueueReport[] {
    return TIERS.flatMap((tier) => {
      const { tickets } = this.lanes[tier];
      const [oldest] = tickets.values();
      if (!oldest) return [];
      const callers = new Set([...tickets.values()].map((ticket) => ticket.caller)).size;
      return [{ key, tier, count: tickets.size, callers, oldestArrivedAt: oldest.arrivedAt }];
    });
  }
}
