import type { ApiError, ChatCompletion, ChatCompletionChunk } from '@local-llm-agent/contracts';
import type { AnswerTranslator } from '../inference/answer-translator.types.js';
import { toErrorBody } from './localmodels-chat.translate.js';

type Usage = ChatCompletionChunk['usage'];

/** The three numbers that the dialect has, and no others. */
function toUsage(usage: Usage): object | undefined {
  if (!usage) return undefined;
  const { prompt_tokens, completion_tokens, total_tokens } = usage;
  return { prompt_tokens, completion_tokens, total_tokens };
}

/** Answers of a chat in the dialect of LocalModels. A stream is one JSON object a line. One for each request. */
export class LocalModelsAnswer implements AnswerTranslator {
  readonly contentType = 'application/x-ndjson; charset=utf-8';
  private model: string;
  private usage: Usage;

  /** @param asked the model asked for; another one may answer */
  constructor(private readonly asked: string) {
    this.model = asked;
  }

  whole(body: string): string {
    const { choices, model, usage } = JSON.parse(body) as ChatCompletion;
    return JSON.stringify({ response: choices[0]?.message.content ?? '', model, usage: toUsage(usage) });
  }

  chunk({ choices, model, usage }: ChatCompletionChunk): string {
    this.model = model;
    this.usage = usage ?? this.usage;
    const text = choices[0]?.delta.content ?? '';
    return text === '' ? '' : this.line({ response: text, model });
  }

  /** A line like all others, with no text: it parses, and joins to nothing. */
  waiting(): string {
    return this.line({ response: '', model: this.model });
  }

  end(): string {
    return this.line({ response: '', model: this.model, done: true, usage: toUsage(this.usage) });
  }

  error(error: ApiError): string {
    return this.line(toErrorBody(error, this.asked));
  }

  private line(object: object): string {
    return `${JSON.stringify(object)}\n`;
  }
}
