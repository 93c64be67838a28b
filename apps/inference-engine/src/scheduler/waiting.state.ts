import type { Tier } from '@local-llm-agent/contracts';
import { ModelQueue, type NextTerms } from './model-queue.state.js';
import type { ModelKey, QueueReport, Ticket } from './scheduler.types.js';

/** Share of a tier's places that is kept for callers of whom nobody waits yet. */
const KEPT_SHARE = 0.1;

/** All requests that wait, by model. */
export class WaitingRoom {
  private readonly tickets = new Map<number, Ticket>();
  private readonly queues = new Map<ModelKey, ModelQueue>();
  private readonly callers: Readonly<Record<Tier, Map<string, number>>> = { small: new Map(), main: new Map() };
  private readonly lengths: Record<Tier, number> = { small: 0, main: 0 };

  /** How many wait. */
  get size(): number {
    return this.tickets.size;
  }

  /** How many wait in each tier. */
  counts(): Record<Tier, number> {
    return { ...this.lengths };
  }

  /** Whether one more of this caller may wait. The last places are for callers who have none yet. */
  hasPlace(tier: Tier, caller: string, queueLength: number): boolean {
    const kept = this.callers[tier].has(caller) ? Math.min(queueLength - 1, Math.ceil(queueLength * KEPT_SHARE)) : 0;
    return this.lengths[tier] < queueLength - kept;
  }

  /** The ticket, while it waits. */
  ticket(ticketId: number): Ticket | undefined {
    return this.tickets.get(ticketId);
  }

  /** The queue of a model for which somebody waits. */
  of(key: ModelKey): ModelQueue | undefined {
    return this.queues.get(key);
  }

  /** The models for which somebody waits. */
  entries(): Iterable<[ModelKey, ModelQueue]> {
    return this.queues.entries();
  }

  /** Joins. */
  add(ticket: Ticket): void {
    const { tier, caller, demand } = ticket;
    this.tickets.set(ticket.id, ticket);
    const queue = this.queues.get(demand.key) ?? new ModelQueue();
    queue.add(ticket);
    this.queues.set(demand.key, queue);
    this.callers[tier].set(caller, (this.callers[tier].get(caller) ?? 0) + 1);
    this.lengths[tier] += 1;
  }

  /** Leaves without being served. False when it does not wait. */
  remove(ticketId: number): boolean {
    const ticket = this.tickets.get(ticketId);
    if (!ticket) return false;
    this.queues.get(ticket.demand.key)?.remove(ticket);
    this.forget(ticket);
    return true;
  }

  /** Takes out who is next of those that wait for the model and need no more than this context. */
  next(key: ModelKey, contextLength: number, terms: NextTerms): Ticket | undefined {
    const ticket = this.queues.get(key)?.next(contextLength, terms);
    if (ticket) this.forget(ticket);
    return ticket;
  }

  /** All of them, in order of arrival. */
  all(): readonly Ticket[] {
    return [...this.tickets.values()];
  }

  /** For operators. */
  report(): readonly QueueReport[] {
    return [...this.queues].flatMap(([key, queue]) => queue.report(key));
  }

  private forget({ id, tier, caller, demand }: Ticket): void {
    this.tickets.delete(id);
    if (this.queues.get(demand.key)?.size === 0) this.queues.delete(demand.key);
    const left = (this.callers[tier].get(caller) ?? 1) - 1;
    if (left === 0) this.callers[tier].delete(caller);
    else this.callers[tier].set(caller, left);
    this.lengths[tier] -= 1;
  }
}
