import type { AnswerFormat, ChatInput, GenerationCall, LoadPlan, PlainMessage, ToolCall } from '../runtime.contract.js';
import { fieldsOf } from './fields.parse.js';
import type { ModelTraits } from './model-traits.translate.js';
import { toGrammarSchema } from './schema-grammar.translate.js';

/** Options that decide how Ollama holds a model. A request with other values makes it load the model again. */
interface HoldOptions {
  readonly num_ctx: number;
  readonly num_thread?: number;
}

/** A model as it is held, and what it can do. */
export interface Held {
  readonly plan: LoadPlan;
  /** Threads of the model; undefined leaves them to Ollama. */
  readonly threads: number | undefined;
  readonly traits: ModelTraits;
}

type Body = Readonly<Record<string, unknown>>;

/** How the plan is told to Ollama: always the context length, the threads only when they are configured. */
function toHoldOptions({ plan, threads }: Pick<Held, 'plan' | 'threads'>): HoldOptions {
  return { num_ctx: plan.contextLength, ...(threads === undefined ? {} : { num_thread: threads }) };
}

/**
 * Body of `/api/embed` that embeds nothing: it loads a model and keeps it until it is told otherwise. The call of
 * `/api/generate` that does so is refused for models of embeddings; this one is there for all.
 */
export function toLoadBody(plan: LoadPlan, threads: number | undefined): Body {
  return { model: plan.name, input: [], keep_alive: -1, options: toHoldOptions({ plan, threads }) };
}

/** Body of `/api/generate` that unloads a model. */
export function toUnloadBody(name: string): Body {
  return { model: name, stream: false, keep_alive: 0 };
}

/** Body of `/api/embed`. Without `truncate: false` Ollama would cut what is too long, without a word. */
export function toEmbedBody(held: Pick<Held, 'plan' | 'threads'>, input: readonly string[]): Body {
  return { model: held.plan.name, input, truncate: false, keep_alive: -1, options: toHoldOptions(held) };
}

/**
 * How tokens are chosen, and when the answer ends. Ollama's own default is a repeat penalty of 1.1 over the last 64
 * tokens, prompt included: it makes JSON, code and quotations worse and is no part of OpenAI's API, so all penalties
 * are off unless asked for. `top_k` and `min_p` have no counterpart there, and stay as the model's author set them.
 */
function toOptions({ sampling, maxTokens, stop }: GenerationCall, held: Held): Body {
  const { topK, minP, seed } = sampling;
  return {
    num_predict: maxTokens,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    ...(topK === undefined ? {} : { top_k: topK }),
    ...(minP === undefined ? {} : { min_p: minP }),
    repeat_penalty: sampling.repeatPenalty ?? 1,
    presence_penalty: sampling.presencePenalty ?? 0,
    frequency_penalty: sampling.frequencyPenalty ?? 0,
    ...(seed === undefined ? {} : { seed }),
    // A list takes the place of the stop texts of the model itself.
    ...(stop.length === 0 ? {} : { stop: [...stop, ...held.traits.stop] }),
    ...toHoldOptions(held),
  };
}

/**
 * What all answers have in common. `truncate` and `shift` are off, because Ollama would otherwise cut the prompt, and
 * later the start of the conversation, without a word.
 */
function toAnswerBody(call: GenerationCall, held: Held, prompt: Body): Body {
  const { logprobs } = call;
  return {
    model: call.plan.name,
    stream: call.stream,
    truncate: false,
    shift: false,
    keep_alive: -1,
    ...toFormat(call.format),
    ...(logprobs === undefined ? {} : { logprobs: true, top_logprobs: logprobs }),
    options: toOptions(call, held),
    ...prompt,
  };
}

/**
 * `"json"` is not used: its grammar allows white space without end, which small models fall into. The schema of any
 * object allows the same answers with a little white space.
 */
function toFormat(format: AnswerFormat): Body {
  switch (format.type) {
    case 'text':
      return {};
    case 'json':
      return { format: { type: 'object' } };
    case 'schema':
      return { format: toGrammarSchema(format.schema, format.path) };
  }
}

/**
 * How much the model is to think; undefined leaves it to the model. A constrained answer is not thought about: for a
 * model that thinks, Ollama applies the grammar only after the first thought, and to nothing where there was none.
 */
function toThink(input: ChatInput, traits: ModelTraits, constrained: boolean): boolean | string | undefined {
  if (traits.capabilities.thinking !== 'native') return undefined;
  const { effort } = input;
  const levels = traits.thinksBy === 'levels';
  if (constrained) return levels ? 'low' : false;
  const { enable_thinking: enabled } = input.templateOptions;
  if (effort === undefined) return typeof enabled === 'boolean' && !levels ? enabled : undefined;
  if (effort === 'none' || effort === 'minimal') return levels ? 'low' : false;
  if (!levels) return true;
  return effort === 'xhigh' ? 'high' : effort;
}

/** The arguments as the object that Ollama insists on. What is none is kept, under a name that says so. */
function toArguments(text: string): Body {
  if (text.trim() === '') return {};
  try {
    return fieldsOf(JSON.parse(text)) ?? { invalid_arguments: text };
  } catch {
    // A model wrote it and the client sent it back: its text is the best that can be told of it.
    return { invalid_arguments: text };
  }
}

function toWireCall({ id, name, arguments: text }: ToolCall, index: number): Body {
  return { id, function: { index, name, arguments: toArguments(text) } };
}

/** A message in Ollama's words. */
export function toWireMessage(message: PlainMessage): Body {
  const { role, content, images, toolCalls, reasoning, toolCallId, toolName } = message;
  return {
    role,
    content,
    ...(images === undefined ? {} : { images }),
    ...(reasoning === undefined ? {} : { thinking: reasoning }),
    ...(toolCalls === undefined ? {} : { tool_calls: toolCalls.map(toWireCall) }),
    ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
    ...(toolName === undefined || toolName === '' ? {} : { tool_name: toolName }),
  };
}

/** The part of a chat that the template makes a prompt of. */
function toPromptFields(input: ChatInput, traits: ModelTraits, constrained: boolean): Body {
  const think = toThink(input, traits, constrained);
  return {
    messages: input.messages.map(toWireMessage),
    ...(input.tools.length === 0
      ? {}
      : { tools: input.tools.map((tool) => ({ type: 'function', function: { ...tool } })) }),
    ...(think === undefined ? {} : { think }),
  };
}

/** Body of `/api/chat`. */
export function toChatBody(call: GenerationCall, input: ChatInput, held: Held): Body {
  return toAnswerBody(call, held, toPromptFields(input, held.traits, call.format.type !== 'text'));
}

/**
 * Body of `/api/generate` for a prompt as it stands. `think: false` keeps Ollama from looking for thoughts in the text.
 */
export function toRawBody(call: GenerationCall, prompt: string, held: Held): Body {
  return toAnswerBody(call, held, { prompt, raw: true, think: false });
}

/** Body of `/api/generate` for a text with a gap at its end, which the model's own template for that puts together. */
export function toInfillBody(call: GenerationCall, gap: { prompt: string; suffix: string }, held: Held): Body {
  return toAnswerBody(call, held, { think: false, ...gap });
}

/**
 * Body of `/api/chat` that only renders the template, cut to the context: it takes no slot and evaluates nothing.
 * `num_predict` bounds the harm where an Ollama older than 0.12 does not know the field and answers.
 */
export function toRenderBody(input: ChatInput, held: Held, constrained: boolean, truncate: boolean): Body {
  const options = { ...toHoldOptions(held), num_predict: 1 };
  return {
    model: held.plan.name,
    ...toPromptFields(input, held.traits, constrained),
    stream: false,
    truncate,
    keep_alive: -1,
    options,
    _debug_render_only: true,
  };
}

/** Body of `/api/chat` that reads the prompt and writes one token: its answer has the exact length of the prompt. */
export function toProbeBody(input: ChatInput, held: Held): Body {
  const options = { ...toHoldOptions(held), num_predict: 1 };
  return {
    model: held.plan.name,
    ...toPromptFields(input, held.traits, false),
    stream: false,
    truncate: false,
    shift: false,
    keep_alive: -1,
    options,
  };
}

/** Body of `/api/generate` that reads a text and writes one token: its answer has the exact length of the text. */
export function toTextProbeBody(prompt: string, held: Held): Body {
  const options = { ...toHoldOptions(held), num_predict: 1 };
  return {
    model: held.plan.name,
    prompt,
    raw: true,
    think: false,
    stream: false,
    truncate: false,
    shift: false,
    keep_alive: -1,
    options,
  };
}
