import type OpenAI from 'openai';
import type { TokenLogprob } from '@local-llm-agent/contracts';
import type {
  AnswerEvent,
  AnswerFormat,
  ChatInput,
  GenerationCall,
  InstalledModel,
  PlainMessage,
  Tool,
} from '../runtime.contract.js';

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function toMessage(message: PlainMessage): OpenAI.ChatCompletionMessageParam {
  const { content } = message;
  switch (message.role) {
    case 'system':
      return { role: 'system', content };
    case 'user': {
      if (!message.images) return { role: 'user', content };
      const images = message.images.map((image) => ({
        type: 'image_url' as const,
        image_url: { url: `data:image/png;base64,${image}` },
      }));
      return { role: 'user', content: [{ type: 'text', text: content }, ...images] };
    }
    case 'assistant': {
      const calls = message.toolCalls?.map(({ id, name, arguments: text }) => ({
        id,
        type: 'function' as const,
        function: { name, arguments: text },
      }));
      return { role: 'assistant', content, ...(calls ? { tool_calls: calls } : {}) };
    }
    case 'tool':
      return { role: 'tool', content, tool_call_id: message.toolCallId ?? '' };
  }
}

function toTool({ name, description, parameters }: Tool): OpenAI.ChatCompletionFunctionTool {
  return { type: 'function', function: { name, ...(description ? { description } : {}), parameters } };
}

function toResponseFormat(format: AnswerFormat): object {
  switch (format.type) {
    case 'text':
      return {};
    case 'json':
      return { response_format: { type: 'json_object' } };
    case 'schema':
      return {
        response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: format.schema, strict: true } },
      };
  }
}

/** What is sampled in the same words for chats and completions; the names beyond OpenAI's are those of vLLM. */
function toSampling({ sampling, stop, maxTokens }: GenerationCall): object {
  const { topK, minP, repeatPenalty, presencePenalty, frequencyPenalty, logitBias, seed } = sampling;
  return {
    max_tokens: maxTokens,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    ...(stop.length === 0 ? {} : { stop }),
    ...(seed === undefined ? {} : { seed }),
    ...(presencePenalty === undefined ? {} : { presence_penalty: presencePenalty }),
    ...(frequencyPenalty === undefined ? {} : { frequency_penalty: frequencyPenalty }),
    ...(logitBias === undefined ? {} : { logit_bias: logitBias }),
    ...(topK === undefined ? {} : { top_k: topK }),
    ...(minP === undefined ? {} : { min_p: minP }),
    ...(repeatPenalty === undefined ? {} : { repetition_penalty: repeatPenalty }),
  };
}

/** The part of a chat that decides the prompt. */
export function toChatPrompt(model: string, input: ChatInput): object {
  return {
    model,
    messages: input.messages.map(toMessage),
    ...(input.tools.length === 0 ? {} : { tools: input.tools.map(toTool) }),
    ...(input.effort === undefined ? {} : { reasoning_effort: input.effort }),
    ...(Object.keys(input.templateOptions).length === 0 ? {} : { chat_template_kwargs: input.templateOptions }),
  };
}

/** Path and body of a call. The answer is always streamed, so that it can be cancelled and watched. */
export function toRequest(call: GenerationCall): { readonly path: string; readonly body: object } {
  const stream = { stream: true, stream_options: { include_usage: true } };
  if (call.input.type === 'text') {
    const { prompt, suffix } = call.input;
    return {
      path: '/completions',
      body: {
        ...call.unknownFields,
        model: call.plan.name,
        prompt,
        ...(suffix === undefined ? {} : { suffix }),
        ...toSampling(call),
        ...(call.logprobs === undefined ? {} : { logprobs: call.logprobs }),
        ...stream,
      },
    };
  }
  return {
    path: '/chat/completions',
    body: {
      ...call.unknownFields,
      ...toChatPrompt(call.plan.name, call.input),
      ...toSampling(call),
      ...toResponseFormat(call.format),
      ...(call.logprobs === undefined ? {} : { logprobs: true, top_logprobs: call.logprobs }),
      ...stream,
    },
  };
}

function toOldLogprobs(logprobs: Fields | undefined): TokenLogprob[] {
  const tokens = Array.isArray(logprobs?.tokens) ? (logprobs.tokens as string[]) : [];
  const values = Array.isArray(logprobs?.token_logprobs) ? (logprobs.token_logprobs as number[]) : [];
  const tops = Array.isArray(logprobs?.top_logprobs) ? (logprobs.top_logprobs as Record<string, number>[]) : [];
  return tokens.map((token, index) => ({
    token,
    logprob: values[index] ?? 0,
    bytes: [...Buffer.from(token)],
    top_logprobs: Object.entries(tops[index] ?? {}).map(([text, logprob]) => ({
      token: text,
      logprob,
      bytes: [...Buffer.from(text)],
    })),
  }));
}

function textEvent(text: unknown, logprobs: readonly TokenLogprob[]): AnswerEvent[] {
  if (typeof text !== 'string' || text === '') return [];
  return [{ type: 'text', text, ...(logprobs.length === 0 ? {} : { logprobs }) }];
}

interface PartialCall {
  id: string;
  name: string;
  arguments: string;
}

/** Reads the chunks of one answer, of a chat or a completion, into events. */
export class ChunkReader {
  private readonly calls: PartialCall[] = [];
  private reason: string | undefined;
  private stopText: string | undefined;
  private usage: Fields | undefined;

  /** The events of one chunk. The finish is not among them: its usage may come later, see {@link finish}. */
  read(chunk: unknown): AnswerEvent[] {
    const fields = fieldsOf(chunk);
    this.usage = fieldsOf(fields?.usage) ?? this.usage;
    const choices = fields?.choices;
    const choice = fieldsOf(Array.isArray(choices) ? choices[0] : undefined);
    if (choice === undefined) return [];
    if (typeof choice.finish_reason === 'string') this.reason = choice.finish_reason;
    // vLLM's; a number there is a token that ends a turn.
    if (typeof choice.stop_reason === 'string') this.stopText = choice.stop_reason;
    const logprobs = fieldsOf(choice.logprobs);
    const delta = fieldsOf(choice.delta);
    if (delta === undefined) return textEvent(choice.text, toOldLogprobs(logprobs));
    const thought = delta.reasoning_content ?? delta.reasoning;
    this.take(delta.tool_calls);
    const likelihoods = Array.isArray(logprobs?.content) ? (logprobs.content as TokenLogprob[]) : [];
    return [
      ...(typeof thought === 'string' && thought !== '' ? [{ type: 'reasoning' as const, text: thought }] : []),
      ...textEvent(delta.content, likelihoods),
    ];
  }

  /** The last events of a stream that ended in good order; undefined when its finish never came. */
  finish(): AnswerEvent[] | undefined {
    if (this.reason === undefined) return undefined;
    const { usage } = this;
    const cached = numberOf(fieldsOf(usage?.prompt_tokens_details)?.cached_tokens);
    return [
      ...this.calls.map((call) => ({ type: 'toolCall' as const, call })),
      {
        type: 'finish',
        reason:
          this.calls.length > 0 && this.reason !== 'length'
            ? 'tool_calls'
            : this.reason === 'length'
              ? 'length'
              : 'stop',
        usage: {
          promptTokens: numberOf(usage?.prompt_tokens) ?? 0,
          completionTokens: numberOf(usage?.completion_tokens) ?? 0,
          ...(cached === undefined ? {} : { cachedTokens: cached }),
        },
        ...(this.stopText === undefined ? {} : { stopText: this.stopText }),
      },
    ];
  }

  /** Calls come in pieces, and leave whole. */
  private take(pieces: unknown): void {
    if (!Array.isArray(pieces)) return;
    for (const item of pieces) {
      const piece = fieldsOf(item);
      const called = fieldsOf(piece?.function);
      const index = numberOf(piece?.index) ?? 0;
      const call = (this.calls[index] ??= { id: `call_${index}`, name: '', arguments: '' });
      if (typeof piece?.id === 'string' && piece.id !== '') call.id = piece.id;
      if (typeof called?.name === 'string') call.name += called.name;
      if (typeof called?.arguments === 'string') call.arguments += called.arguments;
    }
  }
}

/** A model as an upstream lists it. */
export interface ListedModel extends InstalledModel {
  /** Tokens of context, where the upstream tells (vLLM, llama-server). */
  readonly contextLength: number | undefined;
}

/** The models of `/models`; undefined when the body is something else. */
export function readModels(body: unknown): readonly ListedModel[] | undefined {
  const data = fieldsOf(body)?.data;
  if (!Array.isArray(data)) return undefined;
  return data.flatMap((item) => {
    const entry = fieldsOf(item);
    if (typeof entry?.id !== 'string' || entry.id === '') return [];
    return [
      {
        // Ollama's own `/v1` lists its models with their tag.
        name: entry.id.replace(/:latest$/, ''),
        created: numberOf(entry.created) ?? 0,
        sizeBytes: 0,
        contextLength: numberOf(entry.max_model_len) ?? numberOf(fieldsOf(entry.meta)?.n_ctx),
      },
    ];
  });
}

/** Vectors and usage of `/embeddings`; undefined when the body is something else. */
export function readEmbeddings(
  body: unknown,
): { readonly vectors: readonly (readonly number[])[]; readonly promptTokens: number } | undefined {
  const fields = fieldsOf(body);
  const data = fields?.data;
  if (!Array.isArray(data)) return undefined;
  const vectors: (readonly number[])[] = [];
  for (const item of data) {
    const entry = fieldsOf(item);
    const vector = entry?.embedding;
    if (!Array.isArray(vector) || !vector.every((number) => typeof number === 'number')) return undefined;
    vectors[numberOf(entry?.index) ?? vectors.length] = vector;
  }
  return { vectors, promptTokens: numberOf(fieldsOf(fields?.usage)?.prompt_tokens) ?? 0 };
}
