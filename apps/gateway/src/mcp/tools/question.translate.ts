import {
  backendUnavailable,
  type ApiError,
  type ChatCompletion,
  type ChatCompletionRequest,
  type ChatMessage,
} from '@local-llm-agent/contracts';

/** What a tool asks a model. */
export interface Question {
  readonly model: string;
  readonly system: string;
  /** Turns before the last one; none unless given. */
  readonly turns?: readonly ChatMessage[];
  readonly user: string;
  readonly maxTokens: number;
  /** 0 on the first try; a second try has to differ. */
  readonly attempt?: number;
  /** JSON schema that the answer has to fit. */
  readonly schema?: Readonly<Record<string, unknown>>;
  /** Tell the likelihood of tokens. */
  readonly logprobs?: boolean;
}

/** Most alternatives that runtimes tell for a token. */
const MOST_ALTERNATIVES = 20;
const SECOND_TEMPERATURE = 0.7;

/** The question as a chat. Tools want the likeliest answer, without thoughts, and the same for the same question. */
export function toChat(question: Question): ChatCompletionRequest {
  const { model, system, turns = [], user, maxTokens, schema, attempt = 0 } = question;
  return {
    model,
    messages: [{ role: 'system', content: system }, ...turns, { role: 'user', content: user }],
    max_tokens: maxTokens,
    temperature: attempt === 0 ? 0 : SECOND_TEMPERATURE,
    reasoning_effort: 'none',
    ...(schema ? { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } } : {}),
    ...(question.logprobs ? { logprobs: true, top_logprobs: MOST_ALTERNATIVES } : {}),
  };
}

/** A whole answer. */
export interface Answer {
  readonly text: string;
  /** It was cut at its most tokens, or at the end of the context. */
  readonly cut: boolean;
}

/** The text of an answer, without space around it. */
export function toAnswer(completion: ChatCompletion): Answer {
  const choice = completion.choices[0];
  return { text: choice?.message.content?.trim() ?? '', cut: choice?.finish_reason === 'length' };
}

/** 503: the model spoke, but what it said is of no use, twice. */
export function uselessAnswer(model: string, what: string): ApiError {
  return backendUnavailable(
    `The model '${model}' gave ${what}, twice. Try again, or ask a larger model with the argument model.`,
    { origin: 'runtime' },
  );
}

/** Where a sentence ends; a point inside of a number or a name is no end. */
const SENTENCE_END = /[.!?]+["')\]]*(?=\s|$)|[。！？]+/gu;

/** Up to this many sentences from the beginning of a text. */
export function firstSentences(text: string, most: number): string {
  const ends = [...text.matchAll(SENTENCE_END)].map((end) => end.index + end[0].length);
  return text.slice(0, ends[most - 1]).trim();
}
