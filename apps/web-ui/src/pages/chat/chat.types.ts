import type { ReasoningEffort, Tier, Timings } from '@local-llm-agent/contracts';

/** Which tier is asked for: `auto` leaves it to the gateway. */
export type TierChoice = 'auto' | Tier;

/** In what form the answer is wanted. */
export type AnswerForm = 'text' | 'json_object' | 'json_schema';

/** Who is asked, and how. What is undefined is left to the gateway. */
export interface ChatSettings {
  readonly model: string;
  readonly tier: TierChoice;
  readonly system: string;
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly seed?: number | undefined;
  readonly stop: readonly string[];
  readonly effort?: ReasoningEffort | undefined;
  readonly form: AnswerForm;
  /** The text of the JSON schema as it was written, right or wrong. */
  readonly schema: string;
}

/** What a person asked. */
export interface Question {
  readonly role: 'user';
  readonly id: string;
  readonly text: string;
  /** Data URLs. */
  readonly images: readonly string[];
}

/** An error that can be kept with the answer it ended. `status` is 0 where no answer of the gateway came. */
export interface AnswerFailure {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly param?: string | undefined;
  readonly requestId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  /** When it happened, ms since 1970. */
  readonly at: number;
}

/** Where an answer stands. `interrupted`: the page went away before it was whole. */
export type AnswerState = 'running' | 'done' | 'stopped' | 'failed' | 'interrupted';

/** Where a request stands before its answer begins. */
export type Waiting =
  | { readonly phase: 'sent' | 'waiting' | 'reading' }
  | {
      readonly phase: 'queued';
      readonly position: number;
      readonly model: string;
      readonly load?: 'loading' | 'to be loaded' | undefined;
      /** Undefined where the load takes longer than usual. */
      readonly seconds?: number | undefined;
    };

/** What was measured of an answer. Times in ms since the question was sent. */
export interface AnswerFigures {
  readonly firstTokenMs?: number | undefined;
  readonly lastTokenMs?: number | undefined;
  /** Pieces of the stream; about as many as tokens. */
  readonly pieces: number;
  /** As the runtime counted them; undefined where the answer did not come to its end. */
  readonly promptTokens?: number | undefined;
  readonly completionTokens?: number | undefined;
  readonly timings?: Timings | undefined;
}

/** What a model answered, as far as it came. */
export interface Answer {
  readonly role: 'assistant';
  readonly id: string;
  readonly text: string;
  readonly reasoning: string;
  readonly state: AnswerState;
  readonly waiting: Waiting;
  readonly asked: { readonly model: string; readonly tier: TierChoice; readonly form: AnswerForm };
  /** Who really answered, by what the gateway says. */
  readonly served: {
    readonly model?: string | undefined;
    readonly tier?: string | undefined;
    readonly fallbackFrom?: string | undefined;
    readonly requestId?: string | undefined;
  };
  /** Why it ended, in the words of OpenAI. */
  readonly finish?: string | undefined;
  readonly figures: AnswerFigures;
  readonly failure?: AnswerFailure | undefined;
}

/** A question or an answer. */
export type Turn = Question | Answer;

/** A conversation as it is kept in the browser. Times in ms since 1970. */
export interface Conversation {
  readonly id: string;
  readonly title: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly settings: ChatSettings;
  readonly turns: readonly Turn[];
}
