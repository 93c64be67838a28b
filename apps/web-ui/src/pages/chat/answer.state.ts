import type { ChatCompletionChunk } from '@local-llm-agent/contracts';
import type { Answer, AnswerFailure, AnswerFigures, AnswerState, ChatSettings, Waiting } from './chat.types';

/** An answer that was asked for and has not come. */
export function newAnswer(id: string, { model, tier, form }: ChatSettings): Answer {
  return {
    role: 'assistant',
    id,
    text: '',
    reasoning: '',
    state: 'running',
    waiting: { phase: 'sent' },
    asked: { model, tier, form },
    served: {},
    figures: { pieces: 0 },
  };
}

/** Whether anything of the answer has come. */
export function hasBegun({ text, reasoning }: Answer): boolean {
  return text !== '' || reasoning !== '';
}

/** The answer with what the gateway said when it began. */
export function withHead(answer: Answer, head: Omit<Answer['served'], 'model'>): Answer {
  return { ...answer, served: { ...answer.served, ...head } };
}

/** The answer, waiting where it is said to wait. */
export function withWaiting(answer: Answer, waiting: Waiting): Answer {
  return { ...answer, waiting };
}

function figuresWith(
  figures: AnswerFigures,
  { usage, timings }: ChatCompletionChunk,
  piece: boolean,
  atMs: number,
): AnswerFigures {
  return {
    ...figures,
    ...(piece && { pieces: figures.pieces + 1, firstTokenMs: figures.firstTokenMs ?? atMs, lastTokenMs: atMs }),
    ...(usage && { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens }),
    ...(timings && { timings }),
  };
}

/** The answer with what an event of the stream adds to it; `atMs` is the time since the question was sent. */
export function withChunk(answer: Answer, chunk: ChatCompletionChunk, atMs: number): Answer {
  const [choice] = chunk.choices;
  const text = choice?.delta.content ?? choice?.delta.refusal ?? '';
  const reasoning = choice?.delta.reasoning_content ?? '';
  return {
    ...answer,
    text: answer.text + text,
    reasoning: answer.reasoning + reasoning,
    served: { ...answer.served, model: chunk.model },
    ...(choice?.finish_reason && { finish: choice.finish_reason }),
    figures: figuresWith(answer.figures, chunk, text !== '' || reasoning !== '', atMs),
  };
}

/** The answer at its end. */
export function withEnd(answer: Answer, state: Exclude<AnswerState, 'running'>, failure?: AnswerFailure): Answer {
  return { ...answer, state, ...(failure && { failure }) };
}

/** Figures as they are shown. */
export interface ShownFigures {
  readonly firstTokenMs?: number | undefined;
  readonly tokens?: number | undefined;
  readonly tokensPerSecond?: number | undefined;
  /** False where the pieces of the stream stand for its tokens. */
  readonly exact: boolean;
}

const SECOND_MS = 1000;

/**
 * Time to the first token as the reader saw it, and how fast the model wrote after it: by the clock of the runtime where
 * it tells, else by ours.
 */
export function shownFigures({ figures }: Answer): ShownFigures {
  const { firstTokenMs, lastTokenMs, pieces, completionTokens, timings } = figures;
  const tokens = completionTokens ?? pieces;
  const ours = (lastTokenMs ?? 0) - (firstTokenMs ?? 0);
  const writingMs = timings?.predicted_ms ?? ours;
  return {
    firstTokenMs,
    ...(tokens > 0 && { tokens }),
    // The first token is what the writing is measured from.
    ...(tokens > 1 && writingMs > 0 && { tokensPerSecond: ((tokens - 1) * SECOND_MS) / writingMs }),
    exact: completionTokens !== undefined,
  };
}
