import { isTier } from '../engine/engine-api.js';
import { LONGEST_MODEL_NAME } from '../ollama/model-name.policy.js';
import { dayProblem } from '../usage/usage-query.policy.js';
import type { Problem } from '../validation/located.constraint.js';

const LONGEST_NAME = 100;
/** Most models that a key may name. */
export const MOST_MODELS = 200;
/**
 * Letters of any language, without what ends a line or steers a terminal. The two joiners are part of words and of signs
 * (Persian, the languages of India, emoji).
 */
const LINE = /^(?:[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|(?<=[^\s])[\u200c\u200d](?=[^\s]))+$/u;
/** With a time zone: without one it would depend on the machine. */
const TIME = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

/** What is wrong with the name of a key. */
export function keyNameProblem(value: unknown, path: string): Problem | undefined {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= LONGEST_NAME && LINE.test(value))
    return undefined;
  return { path, message: `must be a text of 1 to ${LONGEST_NAME} characters on one line` };
}

function listProblem(value: unknown, path: string, most: number): Problem | undefined {
  if (Array.isArray(value) && value.length > 0 && value.length <= most) return undefined;
  return { path, message: `must be a list of 1 to ${most}; leave it out for all` };
}

/** What is wrong with a list of models. */
export function modelsProblem(value: unknown, path: string): Problem | undefined {
  const problem = listProblem(value, path, MOST_MODELS);
  if (problem) return problem;
  const at = (value as unknown[]).findIndex(
    (model) =>
      typeof model !== 'string' || model.trim() === '' || model.length > LONGEST_MODEL_NAME || !LINE.test(model),
  );
  return at < 0 ? undefined : { path: `${path}[${at}]`, message: 'must be the name of a model' };
}

/** What is wrong with a list of tiers. */
export function tiersProblem(value: unknown, path: string): Problem | undefined {
  const problem = listProblem(value, path, 2);
  if (problem) return problem;
  const at = (value as unknown[]).findIndex((tier) => typeof tier !== 'string' || !isTier(tier));
  return at < 0 ? undefined : { path: `${path}[${at}]`, message: "must be 'small' or 'main'" };
}

/** What is wrong with a moment. */
export function timeProblem(value: unknown, path: string): Problem | undefined {
  const day = typeof value === 'string' ? TIME.exec(value)?.[1] : undefined;
  if (day !== undefined && dayProblem(day, path) === undefined && !Number.isNaN(Date.parse(String(value))))
    return undefined;
  return { path, message: 'must be a time such as 2027-01-20T10:30:00Z' };
}
