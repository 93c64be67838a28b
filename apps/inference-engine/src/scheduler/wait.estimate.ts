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
  /** Of {@link positionsOf}. */
  readonly position: number;
  readonly resident: Resident | undefined;
  /** All that a load of the model takes, ms. */
  readonly loadMs: number;
  readonly now: number;
}

/** The place of a request that waits. */
export function placeOf(ticket: Ticket, view: WaitView): WaitPlace {
  const { position, resident, loadMs, now } = view;
  const place = { key: ticket.demand.key, position };
  if (resident?.phase === 'loading') return { ...place, model: 'loading', loadMs: loadMs - (now - resident.since) };
  const serves = resident?.phase === 'ready' && resident.demand.contextLength >= ticket.demand.contextLength;
  return serves ? { ...place, model: 'ready', loadMs: 0 } : { ...place, model: 'absent', loadMs };
}

/**
 * Ticket -> its position among all that wait for the model, 1 for the next. Callers are served in turn, so in its own tier
 * a request comes after those that are as far up front among the requests of their callers, and came before it, or are
 * further up front. The work grows with the queue and not with its square: thousands may ask.
 * @param waiting all of them; in each tier in order of arrival
 * @param smallPerMain requests of tier small that are served before each of tier main
 */
export function positionsOf(waiting: Iterable<Ticket>, smallPerMain: number): ReadonlyMap<number, number> {
  const lanes = { small: new LaneOrder(), main: new LaneOrder() };
  for (const ticket of waiting) lanes[ticket.tier].add(ticket);
  const positions = new Map<number, number>();
  for (const [lane, others] of [
    [lanes.small, lanes.main],
    [lanes.main, lanes.small],
  ] as const) {
    for (const [before, id] of lane.ids().entries()) {
      const ofOthers = lane === lanes.main ? (before + 1) * smallPerMain : Math.floor(before / smallPerMain);
      positions.set(id, 1 + before + Math.min(others.size, ofOthers));
    }
  }
  return positions;
}

/** Those of one tier, in the order in which they are served. */
class LaneOrder {
  /** Caller -> how many of it were added. */
  private readonly turns = new Map<string, number>();
  /** Those that are the first of their callers, then the second ones, and so on. */
  private readonly rounds: number[][] = [];
  size = 0;

  add({ id, caller }: Ticket): void {
    const turn = this.turns.get(caller) ?? 0;
    this.turns.set(caller, turn + 1);
    const round = this.rounds[turn];
    if (round) round.push(id);
    else this.rounds.push([id]);
    this.size += 1;
  }

  ids(): readonly number[] {
    return this.rounds.flat();
  }
}
