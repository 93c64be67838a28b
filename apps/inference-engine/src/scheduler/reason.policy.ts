import type { Wish } from './due.policy.js';
import type { Cause, WishCause } from './scheduler.types.js';

/** Why somebody comes into memory now. */
export function wishCause(wish: Wish, now: number): WishCause {
  const { demand, count, since, dueAt, tier } = wish;
  if (dueAt > now) return { code: 'requests', key: demand.key, count };
  return { code: 'overdue', key: demand.key, waitedMs: now - since, boundMs: dueAt - since, tier };
}

/** Why somebody else has to go for it. */
export function roomCause(wish: Wish, now: number): WishCause {
  return { ...wishCause(wish, now), way: 'makes_room' };
}

/** Why it goes itself, to come back larger. */
export function reloadCause(wish: Wish, now: number): WishCause {
  return { ...wishCause(wish, now), way: 'larger_context', contextLength: wish.demand.contextLength };
}

/** Seconds for a reader: one digit after the point at most. */
function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

function wishWords(cause: WishCause): string {
  if (cause.code === 'requests')
    return cause.count === 1 ? `1 request waits for ${cause.key}` : `${cause.count} requests wait for ${cause.key}`;
  return `${cause.key} waited ${seconds(cause.waitedMs)}, longer than the ${seconds(cause.boundMs)} of tier ${cause.tier}`;
}

/** A cause in words, for operators. */
export function causeWords(cause: Cause): string {
  switch (cause.code) {
    case 'requests':
    case 'overdue':
      if (cause.way === 'makes_room') return `makes room: ${wishWords(cause)}`;
      if (cause.way === undefined) return wishWords(cause);
      return `comes back with a context of ${cause.contextLength} tokens: ${wishWords(cause)}`;
    case 'idle':
      return `was not used for ${seconds(cause.idleMs)}`;
    case 'unwanted':
      return 'somebody wanted it out of memory';
    case 'memory_pressure':
      return `memory pressure: ${Math.ceil(cause.shortBytes / 2 ** 20)} MiB less than must be left free`;
    case 'adapter':
      return `room for an adapter over ${cause.key}`;
    case 'too_large':
    case 'pinned':
    case 'queue_full':
    case 'failed':
      return cause.message;
  }
}
