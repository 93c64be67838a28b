import type { FinishReason, TokenLogprob, Usage } from '@local-llm-agent/contracts';
import type { ChatInput, ModelPurpose, Sampling, TextInput } from '../runtime.contract.js';

/** How severe a log line is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a model process is told to load. It loads one model in its life. */
export interface LoadOrder {
  readonly modelPath: string;
  readonly purpose: ModelPurpose;
  /** Tokens of context of each slot. */
  readonly contextLength: number;
  readonly slots: number;
  readonly threads: number;
}

/** One text to write, as it goes to the model process. */
export interface GenerationOrder {
  readonly input: ChatInput | TextInput;
  readonly maxTokens: number;
  readonly sampling: Sampling;
  readonly stop: readonly string[];
  /** What the answer must be, in the GBNF form of llama.cpp; absent: any text. */
  readonly grammar?: string;
  /** How many of the likeliest tokens to tell at each place; absent: no log-probabilities. */
  readonly logprobs?: number;
  /** False: the text in few messages. */
  readonly stream: boolean;
  /** Path of the LoRA that it goes through; it was attached before. */
  readonly lora?: string;
}

/** What a model process is told to do with its model. */
export type Work =
  | { readonly kind: 'generate'; readonly order: GenerationOrder }
  | { readonly kind: 'count'; readonly input: ChatInput }
  /** Brings a LoRA over the model. */
  | { readonly kind: 'attach'; readonly lora: string }
  | { readonly kind: 'embed'; readonly inputs: readonly (string | readonly number[])[] };

/** Why some work could not be done. */
export type WorkFailure =
  | {
      readonly kind: 'contextLength';
      readonly promptTokens: number;
      readonly contextLength: number;
      readonly param: string;
    }
  /** The chat template of the model refuses the messages. */
  | { readonly kind: 'messages'; readonly reason: string }
  /** The request asks for what the model does not have; the message says what to do. */
  | { readonly kind: 'invalid'; readonly message: string; readonly param: string }
  | { readonly kind: 'busy'; readonly slots: number }
  /** The LoRA cannot be brought over the model; the reason is what llama.cpp complained about. */
  | { readonly kind: 'lora'; readonly reason: string }
  | { readonly kind: 'internal'; readonly reason: string };

/** A part of the result of some work. */
export type WorkEvent =
  | { readonly type: 'text'; readonly text: string; readonly logprobs?: readonly TokenLogprob[] }
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly usage: Usage; readonly stopText?: string }
  | { readonly type: 'count'; readonly tokens: number }
  /** What the LoRA added to the memory of the process, and what that is now. */
  | { readonly type: 'attached'; readonly addedBytes: number; readonly bytes: number }
  | { readonly type: 'vector'; readonly vector: readonly number[] }
  /** All vectors are there. */
  | { readonly type: 'embedded'; readonly promptTokens: number };

/** How some work ended. */
export type WorkEnd =
  | { readonly type: 'event'; readonly event: WorkEvent; readonly last: true }
  | { readonly type: 'failed'; readonly failure: WorkFailure }
  | { readonly type: 'cancelled' };

/** What the engine says to a model process. */
export type ParentMessage =
  | ({ readonly type: 'load' } & LoadOrder)
  | { readonly type: 'work'; readonly id: number; readonly work: Work }
  /** So many events have been taken by their reader. */
  | { readonly type: 'read'; readonly id: number; readonly count: number }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'measure' }
  | { readonly type: 'exit' };

/**
 * What a model process says to the engine. Each work ends with exactly one of an event that is the `last`, `failed` and
 * `cancelled`; its slot is free when that message leaves.
 */
export type ChildMessage =
  | { readonly type: 'ready'; readonly bytes: number }
  | { readonly type: 'loadFailed'; readonly reason: string }
  | { readonly type: 'event'; readonly id: number; readonly event: WorkEvent; readonly last: boolean }
  | { readonly type: 'failed'; readonly id: number; readonly failure: WorkFailure }
  | { readonly type: 'cancelled'; readonly id: number }
  | { readonly type: 'measured'; readonly bytes: number }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string };

/** Events of one work that may be on their way or unread; then the model process pauses it. */
export const UNREAD_EVENTS = 32;
