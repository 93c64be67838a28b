import { invalidRequest, type ApiError } from '@local-llm-agent/contracts';
import { quotationRule, quote } from './quote.translate.js';
import type { Question } from './question.translate.js';

const WORDS = { short: 60, medium: 150, long: 400 } as const;

/** Most questions for one summary. */
export const MOST_QUESTIONS = 128;
/** Tokens of a question besides the quoted text. */
const FRAME_TOKENS = 220;
/** Tokens are estimated; what is estimated too low is learned from the engine's refusal. */
const MARGIN = 0.85;
/** The summary of a piece has at most this part of its tokens, so that every round leaves less text. */
const SHRINK = 5;
const LEAST_PIECE_TOKENS = 128;

/** What a summary should be like. */
export interface SummaryWish {
  readonly model: string;
  readonly style: string;
  readonly words: number;
  readonly contextLength: number;
}

/** Most words of a length. */
export function wordsOf(length: keyof typeof WORDS | number): number {
  return typeof length === 'number' ? length : WORDS[length];
}

/** Room for so many words, in tokens of any language. */
export function summaryTokens(words: number): number {
  return words * 2 + 60;
}

/** Tokens of text that one question can hold. Throws a 400 for a summary that leaves no room for a text. */
export function pieceTokens({ words, contextLength, model }: SummaryWish): number {
  const room = Math.floor((contextLength - summaryTokens(words) - FRAME_TOKENS) * MARGIN);
  if (room >= LEAST_PIECE_TOKENS && room >= contextLength / SHRINK) return room;
  throw invalidRequest(
    `length asks for ${words} words, but '${model}' has a context of ${contextLength} tokens. Ask for fewer words, or for a model with a longer context.`,
    { param: 'length' },
  );
}

/** A smaller size of pieces after the engine refused this one; undefined when it makes no sense to go on. */
export function smallerPieces(tokens: number): number | undefined {
  const smaller = Math.floor(tokens * 0.6);
  return smaller >= LEAST_PIECE_TOKENS / 2 ? smaller : undefined;
}

/** About how many questions a text takes that is in so many pieces: each round leaves a part of the last one. */
export function questionsFor(pieces: number): number {
  let questions = 1;
  for (let left = pieces; left > 1; left = Math.ceil(left / SHRINK)) questions += left;
  return questions;
}

/** 400: more questions than one call may ask. */
export function textTooLong(tokens: number, piece: number): ApiError {
  return invalidRequest(
    `text has about ${tokens} tokens; at ${piece} tokens a question its summary would take more than ${MOST_QUESTIONS} questions. Send it in parts, or ask a model with a longer context.`,
    { param: 'text' },
  );
}

function formOf(style: string): string {
  if (style === 'bullets') return 'as a list of short points, each on a line that begins with "- "';
  if (style === 'headline') return 'as one headline';
  return style === 'paragraph' ? 'as one paragraph' : `in this style: ${style}`;
}

/** The question for the whole of a text, or for the summaries of its pieces. */
export function finalQuestion(text: string, { model, style, words }: SummaryWish, ofPieces: boolean): Question {
  const quoted = quote(text);
  const what = ofPieces
    ? 'These are summaries of the parts of one text, in order. Summarize that text'
    : 'Summarize this text';
  return {
    model,
    system: `You summarize texts. Say only what the text says, in its language. ${quotationRule(quoted)}`,
    user: `${quoted.block}\n\n${what} in at most ${words} words, ${formOf(style)}. Answer with the summary only.`,
    maxTokens: summaryTokens(words),
  };
}

/** The question for one piece of a text. */
export function pieceQuestion(piece: string, { model }: SummaryWish, size: number): Question {
  const quoted = quote(piece);
  const maxTokens = Math.floor(size / SHRINK);
  return {
    model,
    system: `You summarize a part of a longer text. Keep names, numbers and decisions; say only what the text says, in its language. ${quotationRule(quoted)}`,
    user: `${quoted.block}\n\nSummarize this part in at most ${Math.floor(maxTokens / 2)} words. Answer with the summary only.`,
    maxTokens,
  };
}
