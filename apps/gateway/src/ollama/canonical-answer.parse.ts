import { Buffer } from 'node:buffer';
import {
  backendUnavailable,
  type ChatCompletion,
  type ChatCompletionChunk,
  type OllamaToolCall,
  type TextCompletion,
  type Timings,
  type TokenLogprob,
} from '@local-llm-agent/contracts';
import { NOTHING, type AnswerMetrics, type AnswerPiece, type OllamaLogprob } from './ollama.types.js';

/** A tool call as it is put together from its pieces. */
export interface CallDraft {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
}

/** What one event of the engine says. */
export interface CanonicalEvent {
  readonly model: string;
  readonly piece: AnswerPiece;
  /** Place of a tool call -> what this event adds to it. */
  readonly calls: ReadonlyMap<number, CallDraft>;
  readonly reason: string | undefined;
  readonly metrics: AnswerMetrics | undefined;
}

const NS_PER_MS = 1e6;

const nanoseconds = (ms: number): number => Math.round(ms * NS_PER_MS);

/** Counts and times in Ollama's units. */
export function toMetrics(usage: Usage | null | undefined, timings: Timings | undefined): AnswerMetrics | undefined {
  if (!usage) return undefined;
  return {
    total_duration: nanoseconds(timings?.total_ms ?? 0),
    load_duration: nanoseconds(timings?.load_ms ?? 0),
    prompt_eval_count: usage.prompt_tokens,
    prompt_eval_duration: nanoseconds(timings?.prompt_ms ?? 0),
    eval_count: usage.completion_tokens,
    eval_duration: nanoseconds(timings?.predicted_ms ?? 0),
  };
}

const bytesOf = (token: string): number[] => [...Buffer.from(token)];

function toLogprobs(tokens: readonly TokenLogprob[] | null | undefined): OllamaLogprob[] {
  return (tokens ?? []).map(({ token, logprob, bytes, top_logprobs: top }) => ({
    token,
    logprob,
    bytes: bytes ?? bytesOf(token),
    ...(top.length === 0
      ? {}
      : {
          top_logprobs: top.map((other) => ({
            token: other.token,
            logprob: other.logprob,
            bytes: other.bytes ?? bytesOf(other.token),
          })),
        }),
  }));
}

/** `tool_calls` is not among Ollama's reasons. */
function toReason(reason: string | null | undefined): string | undefined {
  if (reason === null || reason === undefined) return undefined;
  return reason === 'length' ? 'length' : 'stop';
}

/** A call whose pieces are all there. Throws when the model wrote no JSON object: Ollama's form has no other. */
export function toToolCall(draft: CallDraft, index: number): OllamaToolCall {
  let value: unknown;
  try {
    value = JSON.parse(draft.arguments === '' ? '{}' : draft.arguments);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw backendUnavailable(
      `The model called ${draft.name} with arguments that are no JSON object. Try again, with a lower temperature or a larger model.`,
      { origin: 'runtime' },
    );
  }
  return { id: draft.id, function: { index, name: draft.name, arguments: value as Record<string, unknown> } };
}

type ChunkCalls = ChatCompletionChunk['choices'][number]['delta']['tool_calls'];

function toCallDrafts(calls: ChunkCalls): Map<number, CallDraft> {
  return new Map(
    (calls ?? []).map(({ index, id = '', function: called }) => {
      const { name = '', arguments: text = '' } = called ?? {};
      return [index, { id, name, arguments: text }];
    }),
  );
}

/** An event of a streamed chat. */
export function readChatChunk({ model, choices, usage, timings }: ChatCompletionChunk): CanonicalEvent {
  const [choice] = choices;
  const metrics = toMetrics(usage, timings);
  if (!choice) return { model, piece: NOTHING, calls: new Map(), reason: undefined, metrics };
  const { delta, logprobs, finish_reason: reason } = choice;
  return {
    model,
    piece: {
      text: delta.content ?? '',
      thinking: delta.reasoning_content ?? '',
      toolCalls: [],
      logprobs: toLogprobs(logprobs?.content),
    },
    calls: toCallDrafts(delta.tool_calls),
    reason: toReason(reason),
    metrics,
  };
}

/** A whole chat. */
export function readChat({ model, choices, usage, timings }: ChatCompletion): CanonicalEvent {
  const [choice] = choices;
  const toolCalls = (choice?.message.tool_calls ?? []).flatMap((call, index) =>
    call.type === 'function'
      ? [toToolCall({ id: call.id, name: call.function.name, arguments: call.function.arguments }, index)]
      : [],
  );
  return {
    model,
    piece: {
      text: choice?.message.content ?? '',
      thinking: choice?.message.reasoning_content ?? '',
      toolCalls,
      logprobs: toLogprobs(choice?.logprobs?.content),
    },
    calls: new Map(),
    reason: toReason(choice?.finish_reason),
    metrics: toMetrics(usage, timings),
  };
}

type CompletionLogprobs = NonNullable<TextCompletion['choices'][number]['logprobs']>;

function toCompletionLogprobs(logprobs: CompletionLogprobs | null | undefined): OllamaLogprob[] {
  return (logprobs?.tokens ?? []).map((token, index) => {
    const top = Object.entries(logprobs?.top_logprobs?.[index] ?? {});
    return {
      token,
      logprob: logprobs?.token_logprobs?.[index] ?? 0,
      bytes: bytesOf(token),
      ...(top.length === 0
        ? {}
        : { top_logprobs: top.map(([other, logprob]) => ({ token: other, logprob, bytes: bytesOf(other) })) }),
    };
  });
}

/** A completion: a whole one, or an event of a stream. */
export function readCompletion({ model, choices, usage, timings }: TextCompletion): CanonicalEvent {
  const [choice] = choices;
  const logprobs = toCompletionLogprobs(choice?.logprobs);
  return {
    model,
    piece: { ...NOTHING, text: choice?.text ?? '', logprobs },
    calls: new Map(),
    reason: toReason(choice?.finish_reason),
    metrics: toMetrics(usage, timings),
  };
}
