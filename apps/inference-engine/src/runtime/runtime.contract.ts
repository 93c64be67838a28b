import type { FinishReason, Usage } from '@local-llm-agent/contracts';

/** What a model is made of, as far as the memory estimate needs it. Sizes in bytes, lengths in tokens. */
export interface ModelMetadata {
  readonly weightsBytes: number;
  /** The longest context the model was trained for. */
  readonly contextLength: number | undefined;
  readonly layers: number | undefined;
  readonly embeddingLength: number | undefined;
  readonly heads: number | undefined;
  readonly kvHeads: number | undefined;
  /** Numbers per head in the cache; embeddingLength / heads when absent. */
  readonly keyLength: number | undefined;
  readonly valueLength: number | undefined;
  readonly vocabularySize: number | undefined;
}

/** A model that a runtime could load. */
export interface InstalledModel {
  /** The runtime's own name of it. */
  readonly name: string;
  /** Unix seconds of its arrival. */
  readonly created: number;
  readonly sizeBytes: number;
}

/** A model that is in memory now. */
export interface ResidentModel {
  readonly name: string;
  readonly bytes: number;
}

/** How to hold a model in memory. */
export interface LoadPlan {
  readonly name: string;
  /** Tokens of context of each slot. */
  readonly contextLength: number;
  /** Requests that run at the same time. */
  readonly slots: number;
}

/** A message with its content as one text. */
export interface PlainMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** One chat, with every default filled in. */
export interface ChatCall {
  /** The load plan the model was loaded with; the runtime must not load it otherwise. */
  readonly plan: LoadPlan;
  readonly messages: readonly PlainMessage[];
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number;
  readonly stop: readonly string[];
  readonly seed: number | undefined;
  /** False lets the runtime give the whole text in one event. */
  readonly stream: boolean;
}

/** What a runtime says while it answers. `finish` is the last event, always. */
export type ChatEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly usage: Usage };

/** Whether a runtime answers, and why not. */
export interface RuntimeHealth {
  readonly up: boolean;
  /** What is wrong and what to do; only when it is down or has something to say. */
  readonly detail?: string;
}

/**
 * The port to what runs models. One conformance suite runs for each adapter.
 *
 * Every failure is an ApiError: `context_length_exceeded` before anything is generated, `model_not_found`,
 * `backend_unavailable` with origin `runtime` for a runtime that is gone, refuses or talks garbage.
 * Every call ends soon after its signal is aborted, and then throws the signal's reason.
 */
export interface Runtime {
  /** `owned_by` of its models, and its name in `/health`. */
  readonly name: 'ollama' | 'embedded';
  health(signal: AbortSignal): Promise<RuntimeHealth>;
  /** Every model it could load. */
  list(signal: AbortSignal): Promise<readonly InstalledModel[]>;
  /** What the model is made of. */
  describe(name: string, signal: AbortSignal): Promise<ModelMetadata>;
  /** Brings the model into memory; returns what it really takes, where that can be known. */
  load(plan: LoadPlan, signal: AbortSignal): Promise<{ readonly bytes: number | undefined }>;
  /** Frees its memory before the promise settles. Unloading what is not loaded is no error. */
  unload(name: string): Promise<void>;
  /** What is in memory now. */
  residents(signal: AbortSignal): Promise<readonly ResidentModel[]>;
  /**
   * Answers a chat, in batches of events: one batch for each read from the runtime. Iterating starts it; leaving the
   * loop, or aborting the signal, stops the generation and frees the slot.
   */
  chat(call: ChatCall, signal: AbortSignal): AsyncIterable<readonly ChatEvent[]>;
  /** Ends child processes and connections. */
  close(): Promise<void>;
}
