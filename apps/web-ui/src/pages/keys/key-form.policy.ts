import type { KeyRole, Tier } from '@local-llm-agent/contracts';

const LONGEST_NAME = 100;
const LONGEST_MODEL_NAME = 256;
const MOST_MODELS = 200;
/** Letters of any language, without what ends a line or steers a terminal; joiners within words and signs. */
const LINE = /^(?:[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|(?<=[^\s])[\u200c\u200d](?=[^\s]))+$/u;

/** The limits of a key, in the order in which they are asked for. */
export const LIMITS = ['requestsPerMinute', 'tokensPerMinute', 'concurrency', 'tokensPerMonth'] as const;
/** One of {@link LIMITS}. */
export type Limit = (typeof LIMITS)[number];

/** What stands in the form of a key. */
export interface KeyFormValues extends Readonly<Record<Limit, number | string>> {
  readonly name: string;
  readonly role: KeyRole;
  /** None: all. */
  readonly models: string[];
  /** None: all. */
  readonly tiers: Tier[];
  /** As `datetime-local` has it, in the time of the browser; empty: never. */
  readonly expiresAt: string;
}

/** What can be wrong with a field, as the key of a text. */
export type FieldProblem = 'nameNeeded' | 'nameLong' | 'nameLine' | 'modelName' | 'manyModels' | 'wholeNumber' | 'past';

/** The checks of the gateway, made while the form is filled in; null when the value is good. */
export function nameProblem(name: string): FieldProblem | null {
  if (name.trim() === '') return 'nameNeeded';
  if (name.length > LONGEST_NAME) return 'nameLong';
  return LINE.test(name) ? null : 'nameLine';
}

/** What is wrong with the models. */
export function modelsProblem(models: readonly string[]): FieldProblem | null {
  if (models.length > MOST_MODELS) return 'manyModels';
  const isName = (model: string): boolean =>
    model.trim() !== '' && model.length <= LONGEST_MODEL_NAME && LINE.test(model);
  return models.every(isName) ? null : 'modelName';
}

/** What is wrong with a limit; an empty one is left to the tier. */
export function limitProblem(value: number | string): FieldProblem | null {
  if (value === '') return null;
  return Number.isSafeInteger(value) && Number(value) >= 0 ? null : 'wholeNumber';
}

/** What is wrong with the end of a new key; a key that there is may be ended by a time that is over. */
export function endProblem(expiresAt: string, now: number): FieldProblem | null {
  if (expiresAt === '') return null;
  return Date.parse(expiresAt) > now ? null : 'past';
}
