import type { Claim, Verdict, WindowClaim, WindowStand } from './limit-store.contract.js';

/** How the limits of a caller stand after a decision. */
export interface LimitStand {
  readonly claim: Claim;
  readonly verdict: Verdict;
}

interface Unit {
  readonly name: 'requests' | 'tokens';
  readonly limit: number;
  readonly remaining: number;
  readonly emptyInMs: number;
}

function unit(name: Unit['name'], claim: WindowClaim | undefined, stand: WindowStand | undefined): Unit[] {
  if (!claim || !stand) return [];
  const { used, emptyInMs } = stand;
  return [{ name, limit: claim.limit, remaining: Math.max(0, claim.limit - used), emptyInMs }];
}

function unitsOf({ claim, verdict }: LimitStand): Unit[] {
  return [...unit('requests', claim.requests, verdict.requests), ...unit('tokens', claim.tokens, verdict.tokens)];
}

/** A time as OpenAI writes it: `120ms`, `1.5s`, `6m0s`. */
export function toDuration(ms: number): string {
  const whole = Math.max(0, Math.ceil(ms));
  if (whole === 0) return '0s';
  if (whole < 1000) return `${whole}ms`;
  const minutes = Math.floor(whole / 60_000);
  const seconds = `${(whole - minutes * 60_000) / 1000}s`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** The headers as OpenAI's clients know them. Where there is no limit there is no header. */
export function openaiLimitHeaders(stand: LimitStand): [string, string][] {
  return unitsOf(stand).flatMap(({ name, limit, remaining, emptyInMs }): [string, string][] => [
    [`x-ratelimit-limit-${name}`, String(limit)],
    [`x-ratelimit-remaining-${name}`, String(remaining)],
    [`x-ratelimit-reset-${name}`, toDuration(emptyInMs)],
  ]);
}

/** The headers as Anthropic's clients know them. @param now milliseconds of the epoch, for the time of the reset */
export function anthropicLimitHeaders(stand: LimitStand, now: number): [string, string][] {
  return unitsOf(stand).flatMap(({ name, limit, remaining, emptyInMs }): [string, string][] => [
    [`anthropic-ratelimit-${name}-limit`, String(limit)],
    [`anthropic-ratelimit-${name}-remaining`, String(remaining)],
    // Whole seconds, rounded up, as they write it.
    [
      `anthropic-ratelimit-${name}-reset`,
      new Date(Math.ceil((now + emptyInMs) / 1000) * 1000).toISOString().replace('.000Z', 'Z'),
    ],
  ]);
}
