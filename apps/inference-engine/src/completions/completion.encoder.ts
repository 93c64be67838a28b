import {
  toUsageObject,
  type Completion,
  type CompletionLogprobsObject,
  type Timings,
  type TokenLogprob,
  type Usage,
} from '@local-llm-agent/contracts';
import type { AnswerEncoder, AnswerHead, Choice } from '../generation/generation.types.js';
import type { AnswerEvent } from '../runtime/runtime.contract.js';

interface Options {
  readonly includeUsage: boolean;
  readonly withLogprobs: boolean;
  readonly withTimings: boolean;
  /** The text that comes before a choice in its answer; empty without `echo`. */
  readonly prefix: (index: number) => string;
}

/** Writes completions in OpenAI's old shape (https://platform.openai.com/docs/api-reference/completions/object). */
export class CompletionEncoder implements AnswerEncoder {
  private readonly head: string;
  private readonly after: string;
  /** Choice -> length of its text so far; a choice that has not begun is not there. */
  private readonly lengths = new Map<number, number>();

  constructor(
    private readonly answer: AnswerHead,
    private readonly options: Options,
  ) {
    const { id, created, model } = answer;
    const fields = JSON.stringify({ id, object: 'text_completion', created, model });
    this.head = `data: ${fields.slice(0, -1)},"choices":[`;
    this.after = options.includeUsage ? '],"usage":null}\n\n' : ']}\n\n';
  }

  encode(index: number, events: readonly AnswerEvent[]): string {
    const prefix = this.lengths.has(index) ? '' : this.options.prefix(index);
    let out = prefix === '' ? '' : this.chunk(index, prefix, [], 'null');
    for (const event of events) {
      if (event.type === 'text') out += this.chunk(index, event.text, event.logprobs ?? [], 'null');
      else if (event.type === 'finish') out += this.chunk(index, '', [], `"${event.reason}"`);
    }
    return out;
  }

  close(usage: Usage, timings: Timings): string {
    const { includeUsage, withTimings } = this.options;
    const tail = withTimings ? `,"timings":${JSON.stringify(timings)}}\n\n` : '}\n\n';
    const last = includeUsage ? `${this.head}],"usage":${JSON.stringify(toUsageObject(usage))}${tail}` : '';
    return `${last}data: [DONE]\n\n`;
  }

  whole(choices: readonly Choice[], usage: Usage, timings: Timings): string {
    const { id, created, model } = this.answer;
    const completion: Completion = {
      id,
      object: 'text_completion',
      created,
      model,
      choices: choices.map((choice, index) => ({
        index,
        text: this.options.prefix(index) + choice.text,
        logprobs: this.options.withLogprobs ? toLogprobs(choice.logprobs, 0) : null,
        finish_reason: choice.reason === 'length' ? 'length' : 'stop',
      })),
      usage: toUsageObject(usage),
      ...(this.options.withTimings ? { timings } : {}),
    };
    return JSON.stringify(completion);
  }

  private chunk(index: number, text: string, tokens: readonly TokenLogprob[], reason: string): string {
    const offset = this.lengths.get(index) ?? 0;
    this.lengths.set(index, offset + text.length);
    const logprobs = tokens.length === 0 ? 'null' : JSON.stringify(toLogprobs(tokens, offset));
    return `${this.head}{"text":${JSON.stringify(text)},"index":${index},"logprobs":${logprobs},"finish_reason":${reason}}${this.after}`;
  }
}

/** @param offset where the text of the first token begins in the text of the choice */
function toLogprobs(tokens: readonly TokenLogprob[], offset: number): CompletionLogprobsObject {
  let at = offset;
  return {
    tokens: tokens.map(({ token }) => token),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(({ top_logprobs: top }) =>
      Object.fromEntries(top.map(({ token, logprob }) => [token, logprob])),
    ),
    text_offset: tokens.map(({ token }) => {
      const start = at;
      at += token.length;
      return start;
    }),
  };
}
