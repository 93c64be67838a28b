import { ApiError } from '@local-llm-agent/contracts';
import { estimateTextTokens } from '../../admission/token.estimate.js';
import { askForProse } from './prose.service.js';
import { withoutTags } from './quote.translate.js';
import type { Question } from './question.translate.js';
import {
  MOST_QUESTIONS,
  finalQuestion,
  pieceQuestion,
  pieceTokens,
  questionsFor,
  smallerPieces,
  textTooLong,
  type SummaryWish,
} from './summary.policy.js';
import { splitText } from './text-split.policy.js';
import type { ToolWork } from './tool.types.js';

function isTooLong(thrown: unknown): thrown is ApiError {
  return thrown instanceof ApiError && thrown.code === 'context_length_exceeded';
}

/**
 * One summary: of the whole text where it fits, else of the summaries of its pieces, round by round. No part of the
 * text is left out; what the engine refuses as too long is split further.
 */
export class Summary {
  private size: number;
  private asked = 0;
  private truncated = false;

  constructor(
    private readonly work: ToolWork,
    private readonly wish: SummaryWish,
  ) {
    this.size = pieceTokens(wish);
  }

  /** Summarizes. Throws an ApiError; a 400 for a text that takes too many questions. */
  async of(text: string): Promise<{ summary: string; truncated: boolean; parts: number }> {
    let left = text;
    let parts = 1;
    for (let round = 0; ; round += 1) {
      const summary = await this.whole(left, round > 0);
      if (summary !== undefined) return { summary, truncated: this.truncated, parts };
      const summaries = await this.piecewise(left);
      if (round === 0) parts = summaries.length;
      left = summaries.join('\n\n');
    }
  }

  /** The summary of a text that fits; undefined for one that does not. */
  private async whole(text: string, ofPieces: boolean): Promise<string | undefined> {
    if (estimateTextTokens(text) > this.size) return undefined;
    try {
      return await this.ask(finalQuestion(text, this.wish, ofPieces), 1);
    } catch (thrown) {
      this.shrink(thrown);
      return undefined;
    }
  }

  private async piecewise(text: string): Promise<string[]> {
    const tokens = estimateTextTokens(text);
    // Before it is split: that takes a while for a text of many megabytes.
    if (tokens > MOST_QUESTIONS * this.size) throw textTooLong(tokens, this.size);
    const summaries: string[] = [];
    const waiting = splitText(text, this.size).reverse();
    for (let piece = waiting.pop(); piece !== undefined; piece = waiting.pop()) {
      const left = questionsFor(waiting.length + 1 + summaries.length) - summaries.length;
      if (this.asked + left > MOST_QUESTIONS) throw textTooLong(tokens, this.size);
      try {
        summaries.push(await this.ask(pieceQuestion(piece, this.wish, this.size), left));
      } catch (thrown) {
        this.shrink(thrown);
        waiting.push(...splitText(piece, Math.min(this.size, Math.ceil(estimateTextTokens(piece) / 2))).reverse());
      }
    }
    return summaries;
  }

  /** @param left questions that are about to come, this one included */
  private async ask(question: Question, left: number): Promise<string> {
    const total = this.asked + left;
    this.work.report(this.asked, total, left === 1 ? 'writing the summary' : `reading part ${this.asked + 1}`);
    const prose = await askForProse(this.work.ask, question, 2 * question.maxTokens);
    this.asked += 1;
    this.truncated ||= prose.truncated;
    if (left === 1) this.work.report(this.asked, total, 'done');
    return withoutTags(prose.text);
  }

  /** Goes on with smaller pieces after a refusal of the engine; throws what is no refusal. */
  private shrink(thrown: unknown): void {
    if (!isTooLong(thrown)) throw thrown;
    const smaller = smallerPieces(this.size);
    if (smaller === undefined) throw thrown;
    this.size = smaller;
  }
}
