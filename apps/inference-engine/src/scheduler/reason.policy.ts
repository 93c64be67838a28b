import type { Wish } from './due.policy.js';

/** Seconds for a reader: one digit after the point at most. */
function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

/** Why somebody comes into memory now. */
export function requestsReason(wish: Wish, now: number): string {
  const { demand, count, since, dueAt, tier } = wish;
  if (dueAt > now)
    return count === 1 ? `1 request waits for ${demand.key}` : `${count} requests wait for ${demand.key}`;
  return `${demand.key} waited ${seconds(now - since)}, longer than the ${seconds(dueAt - since)} of tier ${tier}`;
}

/** Why somebody else has to go for it. */
export function roomReason(wish: Wish, now: number): string {
  return `makes room: ${requestsReason(wish, now)}`;
}

/** Why it goes itself, to come back larger. */
export function reloadReason(wish: Wish, now: number): string {
  return `comes back with a context of ${wish.demand.contextLength} tokens: ${requestsReason(wish, now)}`;
}

/** Why a model goes that has not been used. */
export function idleReason(ttlMs: number): string {
  return `was not used for ${seconds(ttlMs)}`;
}
