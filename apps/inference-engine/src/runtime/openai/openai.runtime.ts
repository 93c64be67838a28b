import { modelNotFound, type ApiError } from '@local-llm-agent/contracts';
import { boundedSignal } from '@local-llm-agent/http';
import type {
  AnswerEvent,
  CountCall,
  EmbeddingCall,
  Embeddings,
  GenerationCall,
  InstalledModel,
  LoadPlan,
  ModelCapabilities,
  ModelMetadata,
  ResidentModel,
  Runtime,
  RuntimeHealth,
} from '../runtime.contract.js';
import { ConcurrencyGate } from './concurrency.gate.js';
import { notOpenAi, unreachable } from './openai-error.translate.js';
import { OpenAiManagement } from './model-management.service.js';
import { OpenAiClient } from './openai.client.js';
import {
  ChunkReader,
  readEmbeddings,
  readModels,
  toChatPrompt,
  toRequest,
  type ListedModel,
} from './openai.translate.js';

/** How to reach a server. */
export interface OpenAiRuntimeOptions {
  /** Names this server among several; `openai` where it is the only one. */
  readonly id?: string;
  /** For example `http://127.0.0.1:8080/v1`. */
  readonly baseUrl: string;
  /** Empty for a server that asks for none. */
  readonly apiKey: string;
  /** Requests that it gets at a time, over all its models. */
  readonly concurrency: number;
}

/** Longest wait for the list of models. */
const LIST_TIMEOUT_MS = 10_000;

/** What a server of this kind can do is its own affair: it is asked for everything, and its refusals are passed on. */
const CAPABILITIES: ModelCapabilities = {
  generation: true,
  embedding: true,
  vision: true,
  infill: true,
  tools: 'native',
  thinking: 'native',
};

/** The server's memory is its own: nothing here is taken. */
const NOTHING_HERE: Omit<ModelMetadata, 'weightsBytes' | 'contextLength' | 'capabilities'> = {
  embeddingLength: 0,
  heads: undefined,
  layers: [],
  holding: {
    cacheType: 'f16',
    contexts: undefined,
    batchTokens: 0,
    keepsScores: false,
    fixedBytes: 0,
    bytesPerToken: 0,
  },
};

/**
 * Models of any OpenAI-compatible server: vLLM, SGLang, llama-server, Ray Serve. The server loads them and decides
 * where they live; here a load only says that requests may go there, as many at a time as the catalog and {@link concurrency} allow.
 */
export class OpenAiRuntime implements Runtime {
  readonly id: string;
  readonly name = 'openai';
  readonly concurrency: number;
  readonly management: OpenAiManagement;
  private readonly client: OpenAiClient;
  private readonly loaded = new Set<string>();
  private readonly gate: ConcurrencyGate;

  constructor(options: OpenAiRuntimeOptions) {
    this.id = options.id ?? 'openai';
    this.concurrency = options.concurrency;
    this.gate = new ConcurrencyGate(options.concurrency);
    this.client = new OpenAiClient(options.baseUrl, options.apiKey);
    this.management = new OpenAiManagement({
      list: (signal) => this.models(signal),
      loaded: () => this.loaded,
    });
  }

  async health(signal: AbortSignal): Promise<RuntimeHealth> {
    try {
      await this.models(signal);
      return { up: true };
    } catch (error) {
      signal.throwIfAborted();
      return { up: false, detail: (error as ApiError).message };
    }
  }

  async list(signal: AbortSignal): Promise<readonly InstalledModel[]> {
    return (await this.models(signal)).map(({ name, created, sizeBytes }) => ({ name, created, sizeBytes }));
  }

  async describe(name: string, signal: AbortSignal): Promise<ModelMetadata> {
    const model = (await this.models(signal)).find((candidate) => candidate.name === name);
    if (!model) throw modelNotFound(`The server at ${this.client.address} has no model '${name}'.`);
    return {
      weightsBytes: 0,
      contextLength: model.contextLength,
      ...NOTHING_HERE,
      capabilities: CAPABILITIES,
    };
  }

  heldAs(name: string): string {
    return name;
  }

  refusal(): undefined {
    return undefined;
  }

  load(plan: LoadPlan): Promise<{ readonly bytes: number }> {
    this.loaded.add(plan.name);
    return Promise.resolve({ bytes: 0 });
  }

  unload(name: string): Promise<void> {
    this.loaded.delete(name);
    return Promise.resolve();
  }

  residents(): Promise<readonly ResidentModel[]> {
    return Promise.resolve([...this.loaded].map((name) => ({ name, bytes: 0 })));
  }

  async *generate(call: GenerationCall, signal: AbortSignal): AsyncGenerator<readonly AnswerEvent[]> {
    const { path, body } = toRequest(call);
    const reader = new ChunkReader();
    const leave = await this.gate.enter(signal);
    try {
      for await (const chunks of this.client.events(path, body, signal)) {
        const events = chunks.flatMap((chunk) => reader.read(chunk));
        if (events.length > 0) yield events;
      }
    } finally {
      leave();
    }
    const last = reader.finish();
    if (last) yield last;
  }

  async embed({ plan, inputs }: EmbeddingCall, signal: AbortSignal): Promise<Embeddings> {
    const body = { model: plan.name, input: inputs, encoding_format: 'float' };
    const answer = await this.inGate(signal, () => this.client.json('POST', '/embeddings', signal, body));
    const embeddings = readEmbeddings(answer);
    if (embeddings?.vectors.length !== inputs.length) throw this.garbage(answer);
    return embeddings;
  }

  /** Reads the prompt and writes one token, since there is no other way that all such servers have. */
  async countTokens({ plan, input }: CountCall, signal: AbortSignal): Promise<{ tokens: number; exact: boolean }> {
    const body = { ...toChatPrompt(plan.name, input), max_tokens: 1 };
    const answer = await this.inGate(signal, () => this.client.json('POST', '/chat/completions', signal, body));
    const tokens = (answer as { usage?: { prompt_tokens?: unknown } } | null)?.usage?.prompt_tokens;
    if (typeof tokens !== 'number') throw this.garbage(answer);
    return { tokens, exact: true };
  }

  close(): Promise<void> {
    return this.client.close();
  }

  private async inGate<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
    const leave = await this.gate.enter(signal);
    try {
      return await run();
    } finally {
      leave();
    }
  }

  private async models(signal: AbortSignal): Promise<readonly ListedModel[]> {
    const body = await this.listing(signal);
    const models = readModels(body);
    if (models === undefined) throw this.garbage(body);
    return models;
  }

  /** Another host may have the model that is looked for: one that hangs is not waited for until the request is over. */
  private async listing(signal: AbortSignal): Promise<unknown> {
    const bounded = boundedSignal(signal, LIST_TIMEOUT_MS);
    try {
      return await this.client.json('GET', '/models', bounded.signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw bounded.signal.aborted ? unreachable(this.client.address, cause) : cause;
    } finally {
      bounded.end();
    }
  }

  private garbage(body: unknown): ApiError {
    return notOpenAi(this.client.address, JSON.stringify(body));
  }
}
