import type { ModelKey, Resident, Ticket } from './scheduler.types.js';

/** Where a request stands that waits, as far as the order is known now: who comes or leaves changes it. */
export interface WaitPlace {
  readonly key: ModelKey;
  /** 1 is the next that gets a slot of the model. */
  readonly position: number;
  /** The model takes requests, comes into memory now, or has yet to come. */
  readonly model: 'ready' | 'loading' | 'absent';
  /** Milliseconds its load will still take, or would take; at most 0 when it takes longer than usual or none is needed. */
  readonly loadMs: number;
}

/** What the place is worked out from. */
export interface WaitView {
  /** All that wait for the model, the ticket among them; in each tier in order of arrival. */
  readonly waiting: Iterable<Ticket>;
  /** Requests of tier small that are served before each of tier main. */
  readonly smallPerMain: number;
  readonly resident: Resident | undefined;
  /** All that a load of the model takes, ms. */
  readonly loadMs: number;
  readonly now: number;
}

/** The place of a request that waits. */
export function placeOf(ticket: Ticket, view: WaitView): WaitPlace {
  const { resident, loadMs, now } = view;
  const place = { key: ticket.demand.key, position: positionOf(ticket, view) };
  if (resident?.phase === 'loading') return { ...place, model: 'loading', loadMs: loadMs - (now - resident.since) };
  const serves = resident?.phase === 'ready' && resident.demand.contextLength >= ticket.demand.contextLength;
  return serves ? { ...place, model: 'ready', loadMs: 0 } : { ...place, model: 'absent', loadMs };
}

/**
 * Callers are served in turn, so in its own tier a request comes after those that are as far up front among the requests
 * of their callers, and came before it, or are further up front.
 */
function positionOf(ticket: Ticket, { waiting, smallPerMain }: WaitView): number {
  const seen = new Map<string, number>();
  const lane: { readonly id: number; readonly turn: number }[] = [];
  let others = 0;
  for (const { id, tier, caller } of waiting) {
    if (tier !== ticket.tier) others += 1;
    if (tier !== ticket.tier) continue;
    const turn = seen.get(caller) ?? 0;
    seen.set(caller, turn + 1);
    lane.push({ id, turn });
  }
  const index = lane.findIndex(({ id }) => id === ticket.id);
  const own = lane[index]?.turn ?? 0;
  const before = lane.filter(({ turn }, at) => turn < own || (turn === own && at < index)).length;
  const ofOthers = ticket.tier === 'main' ? (before + 1) * smallPerMain : Math.floor(before / smallPerMain);
  return 1 + before + Math.min(others, ofOthers);
}
