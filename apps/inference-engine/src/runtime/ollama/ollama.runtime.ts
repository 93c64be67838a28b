import { setTimeout as wait } from 'node:timers/promises';
import { ApiError, backendUnavailable, contextLengthExceeded, modelNotFound } from '@local-llm-agent/contracts';
import type {
  GenerationCall,
  AnswerEvent,
  CountCall,
  EmbeddingCall,
  Embeddings,
  InstalledModel,
  LoadPlan,
  ModelMetadata,
  PlainMessage,
  ResidentModel,
  Runtime,
  RuntimeHealth,
} from '../runtime.contract.js';
import { OllamaManagement } from './model-management.service.js';
import { OllamaClient } from './ollama.client.js';
import { isTooLong, type Fault } from './ollama-error.translate.js';
import {
  isDone,
  readModels,
  readRendered,
  readVersion,
  toChatBody,
  toInstalledModel,
  toLoadBody,
  toMetadata,
  toModelId,
  toRenderBody,
  toResidentModel,
  toUnloadBody,
  type ListedModel,
} from './ollama.translate.js';
import { estimatePromptTokens, toPromptText } from './prompt-length.estimate.js';

/** The part of a logger that the adapter uses. */
export interface OllamaLog {
  info(fields: object, message: string): void;
}

/** How to reach an Ollama. */
export interface OllamaRuntimeOptions {
  /** For example `http://127.0.0.1:11434`. */
  readonly baseUrl: string;
  /** Threads of each model; Ollama decides when absent. */
  readonly threads?: number;
  readonly log: OllamaLog;
}

const HEALTH_TIMEOUT_MS = 2000;
const UNLOAD_TIMEOUT_MS = 30_000;
const UNLOAD_POLL_MS = 50;
/** An error should not be much later than an answer would have been. */
const MEASURE_TIMEOUT_MS = 2000;

function messagesOf(call: GenerationCall): readonly PlainMessage[] {
  return call.input.type === 'chat' ? call.input.messages : [];
}

/** Models run by an Ollama server. */
export class OllamaRuntime implements Runtime {
  readonly name = 'ollama';
  readonly management: OllamaManagement;
  private readonly client: OllamaClient;
  private readonly threads: number | undefined;
  private readonly log: OllamaLog;

  constructor(options: OllamaRuntimeOptions) {
    this.client = new OllamaClient(options.baseUrl);
    this.management = new OllamaManagement(this.client);
    this.threads = options.threads;
    this.log = options.log;
  }

  async health(signal: AbortSignal): Promise<RuntimeHealth> {
    try {
      const body = await this.client.control({
        method: 'GET',
        path: '/api/version',
        signal,
        timeoutMs: HEALTH_TIMEOUT_MS,
      });
      if (readVersion(body) !== undefined) return { up: true };
      throw this.garbage(body);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const detail = `Ollama does not answer at ${this.client.address}; start it with \`ollama serve\` or set OLLAMA_HOST.`;
      return { up: false, detail };
    }
  }

  async list(signal: AbortSignal): Promise<readonly InstalledModel[]> {
    return (await this.listed('/api/tags', signal)).map(toInstalledModel);
  }

  async describe(name: string, signal: AbortSignal): Promise<ModelMetadata> {
    const [show, models] = await Promise.all([
      this.client.control({ method: 'POST', path: '/api/show', body: { model: name }, signal, model: name }),
      this.listed('/api/tags', signal),
    ]);
    const listed = models.find((model) => model.name === toModelId(name));
    if (listed === undefined) throw modelNotFound(`Ollama at ${this.client.address} no longer has model '${name}'.`);
    return toMetadata(show, listed.size);
  }

  async load(plan: LoadPlan, signal: AbortSignal): Promise<{ readonly bytes: number | undefined }> {
    const started = performance.now();
    const body = toLoadBody(plan, this.threads);
    const answer = await this.client.control({
      method: 'POST',
      path: '/api/generate',
      body,
      signal,
      timeoutMs: null,
      model: plan.name,
    });
    if (!isDone(answer)) throw this.garbage(answer);
    const [resident] = await this.residentsUnder(plan.name, signal);
    const ms = Math.round(performance.now() - started);
    this.log.info(
      { model: plan.name, contextLength: plan.contextLength, bytes: resident?.size, ms },
      'ollama loaded a model',
    );
    return { bytes: resident?.size };
  }

  async unload(name: string): Promise<void> {
    const signal = AbortSignal.timeout(UNLOAD_TIMEOUT_MS);
    try {
      await this.client.control({
        method: 'POST',
        path: '/api/generate',
        body: toUnloadBody(name),
        signal,
        model: name,
      });
      while ((await this.residentsUnder(name, signal)).length > 0) await wait(UNLOAD_POLL_MS, undefined, { signal });
    } catch (error) {
      if (error instanceof ApiError && error.code === 'model_not_found') return;
      if (error instanceof ApiError || !signal.aborted) throw error;
      const message = `Ollama at ${this.client.address} still holds model '${name}' ${UNLOAD_TIMEOUT_MS / 1000} s after it was told to unload it. Restart Ollama to free its memory.`;
      throw backendUnavailable(message, { origin: 'runtime', cause: error });
    }
  }

  async residents(signal: AbortSignal): Promise<readonly ResidentModel[]> {
    return (await this.listed('/api/ps', signal)).map(toResidentModel);
  }

  heldAs(name: string): string {
    return name;
  }

  refusal(_call: GenerationCall): undefined {
    return undefined;
  }

  countTokens(_call: CountCall, _signal: AbortSignal): Promise<{ tokens: number; exact: boolean }> {
    throw new Error('to come');
  }

  embed(_call: EmbeddingCall, _signal: AbortSignal): Promise<Embeddings> {
    throw new Error('to come');
  }

  generate(call: GenerationCall, signal: AbortSignal): AsyncIterable<readonly AnswerEvent[]> {
    const explain = (fault: Fault): Promise<Error> => this.explainChat(fault, call, signal);
    const body = toChatBody(call, this.threads);
    return { [Symbol.asyncIterator]: () => this.client.answer({ path: '/api/chat', body, signal, explain }) };
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  private async explainChat(fault: Fault, call: GenerationCall, signal: AbortSignal): Promise<Error> {
    if (!isTooLong(fault)) return this.client.explain(fault, call.plan.name);
    const { contextLength } = call.plan;
    return contextLengthExceeded(await this.measurePrompt(call, signal), contextLength, { exact: false });
  }

  /** Ollama says only that a prompt is too long, not how long it is; see {@link estimatePromptTokens}. */
  private async measurePrompt(call: GenerationCall, chatSignal: AbortSignal): Promise<number> {
    const signal = AbortSignal.any([chatSignal, AbortSignal.timeout(MEASURE_TIMEOUT_MS)]);
    const render = async (messages: readonly PlainMessage[]): Promise<string> => {
      const body = toRenderBody(call.plan, this.threads, messages);
      const answer = await this.client.control({
        method: 'POST',
        path: '/api/chat',
        body,
        signal,
        model: call.plan.name,
      });
      const rendered = readRendered(answer);
      if (rendered === undefined) throw this.garbage(answer);
      return rendered;
    };
    const { contextLength } = call.plan;
    return estimatePromptTokens({ text: toPromptText(messagesOf(call)), contextLength, render });
  }

  private async listed(path: '/api/tags' | '/api/ps', signal: AbortSignal): Promise<readonly ListedModel[]> {
    const body = await this.client.control({ method: 'GET', path, signal });
    const models = readModels(body);
    if (models === undefined) throw this.garbage(body);
    return models;
  }

  /** What is in memory under this name, or under another name of the same model: Ollama loads those once. */
  private async residentsUnder(name: string, signal: AbortSignal): Promise<readonly ListedModel[]> {
    const id = toModelId(name);
    const residents = await this.listed('/api/ps', signal);
    const named = residents.filter((model) => model.name === id);
    if (named.length > 0 || residents.length === 0) return named;
    const digest = (await this.listed('/api/tags', signal)).find((model) => model.name === id)?.digest;
    return digest === undefined ? [] : residents.filter((model) => model.digest === digest);
  }

  private garbage(body: unknown): Error {
    return this.client.explain({ type: 'fault', kind: 'garbage', sample: JSON.stringify(body) }, undefined);
  }
}
