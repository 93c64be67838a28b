import type { Need } from '@local-llm-agent/contracts';

/** What a caller wants to do, as far as it can be told before any tokenizer has seen it. */
export interface Wish {
  /** Id, alias or virtual name of a model. */
  readonly model: string;
  /** Estimated. */
  readonly promptTokens: number;
  /** Most tokens of all answers together; undefined where the request does not say. */
  readonly answerTokens: number | undefined;
  /** What it needs besides a text; without it nothing. */
  readonly needs?: Readonly<Record<Need, boolean>>;
}
