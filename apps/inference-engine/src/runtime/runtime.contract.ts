import type { Readable } from 'node:stream';
import type {
  ApiError,
  FinishReason,
  ManagementProgress,
  OllamaCreateRequest,
  ReasoningEffort,
  RunningModel,
  ShownModel,
  TaggedModel,
  TokenLogprob,
  Usage,
} from '@local-llm-agent/contracts';

/** How numbers of the key and value cache are written: 16 bits, or blocks of 8 or 4 bits with a scale. */
export type CacheType = 'f16' | 'q8_0' | 'q4_0';

/** What one layer of a model keeps of the tokens it has seen. */
export interface LayerMemory {
  /** Numbers for each token, keys and values together; 0 where it keeps none. */
  readonly numbersPerToken: number;
  /** Only so many of the last tokens are kept (a sliding window); undefined: all. */
  readonly window: number | undefined;
  /** Numbers (32 bits) for each sequence, however long it is: the state of a recurrent layer. */
  readonly stateNumbers: number;
}

/** How a runtime holds a model, as far as its memory goes. */
export interface ModelHolding {
  readonly cacheType: CacheType;
  /** Contexts that are kept, where that is not the number of slots of the plan. */
  readonly contexts: number | undefined;
  /** Tokens of a prompt that are worked on at once; `context`: all of them. */
  readonly batchTokens: number | 'context';
  /** Whether the scores of every token with every other are kept for a whole batch: attention without the flash kind. */
  readonly keepsScores: boolean;
  /** Bytes beside weights and cache, whatever the plan: the process, tables, second copies. */
  readonly fixedBytes: number;
  /** Bytes for each token of context beside the cache: masks. */
  readonly bytesPerToken: number;
}

/** What a model is made of, as far as the memory estimate needs it. Sizes in bytes, lengths in tokens. */
export interface ModelMetadata {
  /** All files of the model, a projector for images included. */
  readonly weightsBytes: number;
  /** The longest context the model was trained for. */
  readonly contextLength: number | undefined;
  readonly embeddingLength: number | undefined;
  /** Attention heads of a layer; the most of any. */
  readonly heads: number | undefined;
  /** What each layer keeps; undefined when the metadata does not tell. */
  readonly layers: readonly LayerMemory[] | undefined;
  readonly holding: ModelHolding;
  readonly capabilities: ModelCapabilities;
}

/** A model that a runtime could load. */
export interface InstalledModel {
  /** The runtime's own name of it. */
  readonly name: string;
  /** Unix seconds of its arrival. */
  readonly created: number;
  readonly sizeBytes: number;
}

/** Memory that a model takes. */
export interface TakenMemory {
  /** All of it, with what the runtime needs around it. */
  readonly bytes: number;
  /** The part of it that is on graphics cards; none when absent. */
  readonly gpuBytes?: number;
}

/** A model that is in memory now. */
export interface ResidentModel extends TakenMemory {
  readonly name: string;
}

/** A LoRA of the catalog. */
export interface LoraAdapter {
  /** Name of the base with this over it: `BASE:ADAPTER`. For people, and for names that are made of it. */
  readonly name: string;
  /** Its GGUF file. */
  readonly path: string;
}

/** How to hold a model in memory. */
export interface LoadPlan {
  /** As {@link Runtime.heldAs} gives it. */
  readonly name: string;
  /** Tokens of context of each slot. */
  readonly contextLength: number;
  /** Requests that run at the same time. */
  readonly slots: number;
  /** What a call goes through besides the model; it was attached before, see {@link Attachments}. */
  readonly lora?: LoraAdapter;
}

/** What a model is loaded for. */
export type ModelPurpose = 'generation' | 'embedding';

/** What a model can do on its runtime. */
export interface ModelCapabilities {
  readonly generation: boolean;
  readonly embedding: boolean;
  /** Takes images in user messages. */
  readonly vision: boolean;
  /** Takes a text that comes after the one it writes. */
  readonly infill: boolean;
  /**
   * `native`: the runtime takes {@link ChatInput.tools} and gives `toolCall` events. `text`: the chat template takes the
   * tools, and calls come as `<tool_call>` tags in the text. `none`: the runtime must not be given any.
   */
  readonly tools: 'native' | 'text' | 'none';
  /** `native`: thoughts come as `reasoning` events. `text`: they come in `<think>` tags. `none`: it does not think. */
  readonly thinking: 'native' | 'text' | 'none';
}

/** A call of a function, in the history of a chat or in an answer. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** A JSON text; what the model wrote, so it may be broken. */
  readonly arguments: string;
}

/** A function that the model may call. */
export interface Tool {
  readonly name: string;
  readonly description: string | undefined;
  /** JSON schema of the arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A message with its content as one text. */
export interface PlainMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  /** Base64 of images, in a user message. */
  readonly images?: readonly string[];
  /** In an assistant message. */
  readonly toolCalls?: readonly ToolCall[];
  readonly reasoning?: string;
  /** In a tool message: the call it answers, and its function. */
  readonly toolCallId?: string;
  readonly toolName?: string;
}

/** A chat to go on with. */
export interface ChatInput {
  readonly type: 'chat';
  readonly messages: readonly PlainMessage[];
  /** Only given where the capabilities say that the runtime takes them. */
  readonly tools: readonly Tool[];
  /** Undefined leaves it to the model. */
  readonly effort: ReasoningEffort | undefined;
  /** Variables of the chat template, from the client. */
  readonly templateOptions: Readonly<Record<string, unknown>>;
}

/** A text to go on with: no template, no added turns. */
export interface TextInput {
  readonly type: 'text';
  /** A text, or its tokens. */
  readonly prompt: string | readonly number[];
  /** What comes after the text that is written; only for models with `infill`. */
  readonly suffix: string | undefined;
}

/** How tokens are chosen. Undefined leaves a value to the runtime. */
export interface Sampling {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number | undefined;
  readonly minP: number | undefined;
  readonly repeatPenalty: number | undefined;
  readonly presencePenalty: number | undefined;
  readonly frequencyPenalty: number | undefined;
  /** Token id -> what is added to its logit. */
  readonly logitBias: Readonly<Record<string, number>> | undefined;
  readonly seed: number | undefined;
}

/** The form that the answer must have. With `json` and `schema` a whole answer always parses, and fits the schema. */
export type AnswerFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json' }
  | {
      readonly type: 'schema';
      readonly schema: Readonly<Record<string, unknown>>;
      /** Where the schema stands in the request, for refusals: `response_format.json_schema.schema`, `tools`. */
      readonly path: string;
    };

/** One text to write, with every default filled in. */
export interface GenerationCall {
  /** The load plan the model was loaded with; the runtime must not load it otherwise. */
  readonly plan: LoadPlan;
  readonly input: ChatInput | TextInput;
  readonly sampling: Sampling;
  /** May be more than the context holds: the answer then ends at its end, with `length`. */
  readonly maxTokens: number;
  readonly stop: readonly string[];
  /** Whether `finish` has to tell which stop text was met, whatever that costs. */
  readonly tellStop: boolean;
  readonly format: AnswerFormat;
  /** How many of the likeliest tokens to tell at each place; undefined: no log-probabilities at all. */
  readonly logprobs: number | undefined;
  /** False lets the runtime give the whole text in one event. */
  readonly stream: boolean;
  /** Fields of the request that are unknown here, for runtimes that may know them. */
  readonly unknownFields: Readonly<Record<string, unknown>>;
}

/** A chat whose prompt is to be counted. */
export interface CountCall {
  readonly plan: LoadPlan;
  readonly input: ChatInput;
}

/** Texts to turn into vectors. */
export interface EmbeddingCall {
  readonly plan: LoadPlan;
  /** Texts, or their tokens. */
  readonly inputs: readonly (string | readonly number[])[];
}

/** One vector for each input, in their order. */
export interface Embeddings {
  readonly vectors: readonly (readonly number[])[];
  readonly promptTokens: number;
}

/** What a runtime says while it answers. `finish` is the last event, always. */
export type AnswerEvent =
  /** `logprobs` are those of the tokens that the text is made of; only where they were asked for. */
  | { readonly type: 'text'; readonly text: string; readonly logprobs?: readonly TokenLogprob[] }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'toolCall'; readonly call: ToolCall }
  /** `stopText` is the one of {@link GenerationCall.stop} that ended the text, where the runtime tells. */
  | { readonly type: 'finish'; readonly reason: FinishReason; readonly usage: Usage; readonly stopText?: string };

/** Whether a runtime answers, and why not. */
export interface RuntimeHealth {
  readonly up: boolean;
  /** What is wrong and what to do; only when it is down or has something to say. */
  readonly detail?: string;
  /** There is no process any more that could hold a model: nobody takes a connection. */
  readonly gone?: true;
}

/** A model at a registry. */
export interface RegistryOrder {
  readonly model: string;
  /** Whether the registry may be without TLS. */
  readonly insecure: boolean;
}

/**
 * What a runtime does with models besides running them, in the shapes of the Ollama API. Errors and signals are as in
 * {@link Runtime}; what a runtime cannot do is a 400 that says what to do instead.
 */
export interface ModelManagement {
  /** Every model it could load. */
  tags(signal: AbortSignal): Promise<readonly TaggedModel[]>;
  /** What is in memory now. */
  running(signal: AbortSignal): Promise<readonly RunningModel[]>;
  show(name: string, verbose: boolean, signal: AbortSignal): Promise<ShownModel>;
  /** Fetches a model from its registry. Leaving the loop, or aborting the signal, stops it. */
  pull(order: RegistryOrder, signal: AbortSignal): AsyncIterable<ManagementProgress>;
  /** Sends a model to its registry. */
  push(order: RegistryOrder, signal: AbortSignal): AsyncIterable<ManagementProgress>;
  /** Makes a model from blobs or from another one; one of that name is replaced. */
  create(order: OllamaCreateRequest, signal: AbortSignal): AsyncIterable<ManagementProgress>;
  /** Gives a model one more name; a model of that name is replaced. */
  copy(source: string, destination: string, signal: AbortSignal): Promise<void>;
  remove(name: string, signal: AbortSignal): Promise<void>;
  hasBlob(digest: string, signal: AbortSignal): Promise<boolean>;
  /** Keeps a blob; false when it was there already. Rejects with a 400 when the bytes are others than the digest says. */
  addBlob(digest: string, bytes: Readable, signal: AbortSignal): Promise<boolean>;
}

/** A LoRA over a loaded model. */
export interface AttachedLora extends LoraAdapter {
  /** What it added to the memory of the model. */
  readonly addedBytes: number;
}

/** LoRAs over a loaded model, within what is held of it: its weights are in memory once. */
export interface Attachments {
  /** Bytes of the weights of the LoRA. Throws when its file cannot be used. */
  weightsBytes(lora: LoraAdapter): Promise<number>;
  /** The LoRAs that calls of the loaded model may go through now. */
  attached(held: string): readonly AttachedLora[];
  /** Brings the LoRA of the plan into memory; returns what it added, and what is held of the model with it. */
  attach(plan: LoadPlan, signal: AbortSignal): Promise<{ readonly addedBytes: number; readonly bytes: number }>;
}

/** LoRAs that are models of their own, made from their base. They are not listed. */
export interface DerivedModels {
  /**
   * The runtime's name of the base with the LoRA over it: at once when it is there, else after making it. It is made
   * anew when the base or the file has changed.
   */
  make(base: string, lora: LoraAdapter): string | Promise<string>;
  /** The name that {@link make} would give at once; undefined where it would have to be made first. Never makes anything. */
  made(base: string, lora: LoraAdapter): string | undefined;
  /** {@link LoraAdapter.name} of a model that was made here; undefined for any other. */
  adapterOf(name: string): string | undefined;
  /** The base of a model that was made here, else the model itself. Only one of a base and its models can be in memory. */
  baseOf(name: string): string;
}

/**
 * The port to what runs models. One conformance suite runs for each adapter.
 *
 * Every failure is an ApiError: `context_length_exceeded` before anything is generated, `model_not_found`,
 * `backend_unavailable` with origin `runtime` for a runtime that is gone, refuses or talks garbage.
 * Every call ends soon after its signal is aborted, and then throws the signal's reason.
 */
export interface Runtime {
  /** Names this one of all runtimes and hosts; the same after a restart. Without a slash. */
  readonly id: string;
  /** What kind it is: `owned_by` of its models, and its name in `/health`. */
  readonly name: 'ollama' | 'embedded' | 'openai';
  readonly management: ModelManagement;
  /** Set where it takes so many requests at a time over all its models, and holds none of them in memory by our order. */
  readonly concurrency?: number;
  /** Set where a LoRA works over the loaded base. */
  readonly attachments?: Attachments;
  /** Set where a LoRA is a model of its own. A runtime with neither has LoRAs only as models that it lists. */
  readonly derived?: DerivedModels;
  /** Set where `countTokens` is quick and exact: a tokenizer of its own, with nothing asked for or evaluated. */
  readonly hasTokenizer?: true;
  health(signal: AbortSignal): Promise<RuntimeHealth>;
  /** Every model it could load. */
  list(signal: AbortSignal): Promise<readonly InstalledModel[]>;
  /** What the model is made of, and how it is held for this purpose: for writing unless given. */
  describe(name: string, signal: AbortSignal, purpose?: ModelPurpose): Promise<ModelMetadata>;
  /**
   * The name under which a model is in memory for this purpose: the model's own where one load serves every purpose.
   * `load`, `unload`, `residents` and calls speak of these names.
   */
  heldAs(name: string, purpose: ModelPurpose): string;
  /** What of the call the runtime cannot do: a 400 that names the parameter, told before anything waits or loads. */
  refusal(call: GenerationCall): ApiError | undefined;
  /** Brings the model into memory; returns what it really takes, where that can be known. */
  load(
    plan: LoadPlan,
    signal: AbortSignal,
  ): Promise<{ readonly bytes: number | undefined; readonly gpuBytes?: number }>;
  /** Frees its memory before the promise settles. Unloading what is not loaded is no error. */
  unload(name: string): Promise<void>;
  /** What is in memory now. */
  residents(signal: AbortSignal): Promise<readonly ResidentModel[]>;
  /** Set where `residents` may list a model under another of its names: gives that name, if the model is in memory. */
  listedAs?(name: string, signal: AbortSignal): Promise<string | undefined>;
  /**
   * Writes a text, in batches of events: one batch for each read from the runtime. Iterating starts it; leaving the
   * loop, or aborting the signal, stops the generation and frees the slot.
   */
  generate(call: GenerationCall, signal: AbortSignal): AsyncIterable<readonly AnswerEvent[]>;
  /**
   * Tokens of the prompt that the chat would have. `exact` is false where the runtime only lets us estimate.
   * The model is held in memory meanwhile.
   */
  countTokens(call: CountCall, signal: AbortSignal): Promise<{ readonly tokens: number; readonly exact: boolean }>;
  /** Turns texts into vectors. One that is longer than the context is a `context_length_exceeded`, never cut. */
  embed(call: EmbeddingCall, signal: AbortSignal): Promise<Embeddings>;
  /** Ends child processes and connections. */
  close(): Promise<void>;
}
