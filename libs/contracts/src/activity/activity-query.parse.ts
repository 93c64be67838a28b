import { parseSince } from '../engine/timeline.dto.js';
import { invalidRequest } from '../errors/api-error.js';

/** Lengths of a bucket that can be asked for, seconds. */
export const ACTIVITY_STEPS: readonly number[] = [5, 10, 15, 30, 60];
/** Seconds that are kept. */
export const ACTIVITY_SECONDS = 1800;
const LEAST_SECONDS = 60;
const NAMES = ['seconds', 'step', 'since'];

/** Which part of the activity is asked for, and how fine. */
export interface ActivityTerms {
  readonly seconds: number;
  readonly step: number;
  /** Unix time, ms. */
  readonly since: number | undefined;
}

function wholeNumber(value: unknown): number {
  return typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
}

/** The parameters of an address as what of the activity is asked for. Throws a 400 that names the bad one. */
export function parseActivityQuery(query: Readonly<Record<string, unknown>>): ActivityTerms {
  const unknown = Object.keys(query).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    const param = unknown.slice(0, 80);
    throw invalidRequest(`${param} is not a parameter. There are ${NAMES.join(', ')}.`, { param });
  }
  const step = query['step'] === undefined ? 5 : wholeNumber(query['step']);
  if (!ACTIVITY_STEPS.includes(step))
    throw invalidRequest(`step must be one of ${ACTIVITY_STEPS.join(', ')}.`, { param: 'step' });
  const seconds = query['seconds'] === undefined ? ACTIVITY_SECONDS : wholeNumber(query['seconds']);
  if (!(seconds >= LEAST_SECONDS && seconds <= ACTIVITY_SECONDS && seconds % step === 0))
    throw invalidRequest(
      `seconds must be a whole number from ${LEAST_SECONDS} to ${ACTIVITY_SECONDS} and a multiple of step, which is ${step}.`,
      { param: 'seconds' },
    );
  return { seconds, step, since: parseSince(query) };
}
