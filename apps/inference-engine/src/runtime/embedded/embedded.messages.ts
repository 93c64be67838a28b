import type { FinishReason, Usage } from '@local-llm-agent/contracts';
import type { PlainMessage } from '../runtime.contract.js';

/** How severe a log line is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a model process is told to load. It loads one model in its life. */
export interface LoadOrder {
  readonly modelPath: string;
  /** Tokens of context of each slot. */
  readonly contextLength: number;
  readonly slots: number;
  readonly threads: number;
}

/** One chat, as it goes to the model process. */
export interface ChatOrder {
  readonly messages: readonly PlainMessage[];
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number;
  readonly stop: readonly string[];
  /** Absent: another answer each time. */
  readonly seed?: number;
  /** False: the whole text in one message. */
  readonly stream: boolean;
}

/** Why a chat could not be answered. */
export type ChatFailure =
  | { readonly kind: 'contextLength'; readonly promptTokens: number; readonly contextLength: number }
  /** The chat template of the model refuses the messages. */
  | { readonly kind: 'messages'; readonly reason: string }
  | { readonly kind: 'busy'; readonly slots: number }
  | { readonly kind: 'internal'; readonly reason: string };

/** What the engine says to a model process. */
export type ParentMessage =
  | ({ readonly type: 'load' } & LoadOrder)
  | ({ readonly type: 'chat'; readonly id: number } & ChatOrder)
  /** So many texts of the chat have been taken by their reader. */
  | { readonly type: 'read'; readonly id: number; readonly count: number }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'measure' }
  | { readonly type: 'exit' };

/**
 * What a model process says to the engine. Each chat ends with exactly one of `finish`, `failed` and `cancelled`; its
 * slot is free when that message leaves.
 */
export type ChildMessage =
  | { readonly type: 'ready'; readonly bytes: number }
  | { readonly type: 'loadFailed'; readonly reason: string }
  | { readonly type: 'text'; readonly id: number; readonly text: string }
  | {
      readonly type: 'finish';
      readonly id: number;
      readonly reason: FinishReason;
      readonly usage: Usage;
      readonly stopText?: string;
    }
  | { readonly type: 'failed'; readonly id: number; readonly failure: ChatFailure }
  | { readonly type: 'cancelled'; readonly id: number }
  | { readonly type: 'measured'; readonly bytes: number }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string };

/** Texts of one chat that may be on their way or unread; then the model process pauses the generation. */
export const UNREAD_TEXTS = 32;
