import { setTimeout as wait } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { ApiError, backendUnavailable, modelNotFound } from '@local-llm-agent/contracts';
import type {
  AnswerEvent,
  CountCall,
  EmbeddingCall,
  Embeddings,
  GenerationCall,
  InstalledModel,
  LoadPlan,
  ModelMetadata,
  ResidentModel,
  Runtime,
  RuntimeHealth,
} from '../runtime.contract.js';
import { OllamaDerivedModels } from './derived-models.service.js';
import { isDerived } from './derived.name.js';
import { OllamaManagement } from './model-management.service.js';
import { AnswerLines } from './answer-line.state.js';
import { cutAtStop } from './answer-cut.reader.js';
import { toAnswerRoute, toRenderedRoute, type AnswerRoute } from './answer-route.policy.js';
import { lacksLists, toMetadata, toTakenMemory, type OllamaHolding } from './model-memory.translate.js';
import { ModelTraitsClient } from './model-traits.client.js';
import { OllamaClient } from './ollama.client.js';
import { isTooLong, type Fault } from './ollama-error.translate.js';
import {
  isLoaded,
  readModels,
  readPromptTokens,
  readVectors,
  readVersion,
  toInstalledModel,
  toModelId,
  toResidentModel,
  type ListedModel,
} from './ollama.translate.js';
import { PromptMeter } from './prompt-meter.client.js';
import { refusalOf, textsOf } from './refusal.policy.js';
import { toEmbedBody, toLoadBody, toUnloadBody, type Held } from './request-body.translate.js';

/** The part of a logger that the adapter uses. */
export interface OllamaLog {
  info(fields: object, message: string): void;
}

/** How to reach an Ollama. */
export interface OllamaRuntimeOptions {
  /** Names this host among several; `ollama` where it is the only one. */
  readonly id?: string;
  /** For example `http://127.0.0.1:11434`. */
  readonly baseUrl: string;
  /** Threads of each model; Ollama decides when absent. */
  readonly threads?: number;
  readonly log: OllamaLog;
  /** How it holds models, as far as its environment decides; 16 bits and the slots of the catalog when absent. */
  readonly holding?: OllamaHolding;
}

const USUAL_HOLDING: OllamaHolding = { cacheType: 'f16', parallel: undefined };
/** A machine whose processors are all busy answers late; the signal of the caller may end it earlier. */
const HEALTH_TIMEOUT_MS = 5000;
const UNLOAD_TIMEOUT_MS = 30_000;
const UNLOAD_POLL_MS = 50;

function newCallId(): string {
  return `call_${randomUUID().replaceAll('-', '')}`;
}

/** Models run by an Ollama server. */
export class OllamaRuntime implements Runtime {
  readonly id: string;
  readonly name = 'ollama';
  readonly management: OllamaManagement;
  readonly derived: OllamaDerivedModels;
  private readonly client: OllamaClient;
  private readonly threads: number | undefined;
  private readonly log: OllamaLog;
  private readonly holding: OllamaHolding;
  private readonly meter: PromptMeter;
  private readonly traits: ModelTraitsClient;

  constructor(options: OllamaRuntimeOptions) {
    this.id = options.id ?? 'ollama';
    this.client = new OllamaClient(options.baseUrl);
    this.management = new OllamaManagement(this.client);
    this.derived = new OllamaDerivedModels({
      management: this.management,
      list: (signal) => this.listed('/api/tags', signal),
      unload: (name) => this.unload(name),
      log: options.log,
    });
    this.meter = new PromptMeter(this.client);
    this.traits = new ModelTraitsClient(this.client);
    this.threads = options.threads;
    this.log = options.log;
    this.holding = options.holding ?? USUAL_HOLDING;
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
      const gone = (error.cause as { code?: unknown } | undefined)?.code === 'ECONNREFUSED';
      return { up: false, detail, ...(gone ? { gone } : {}) };
    }
  }

  async list(signal: AbortSignal): Promise<readonly InstalledModel[]> {
    const models = await this.listed('/api/tags', signal);
    await this.derived.note(models, signal);
    return models.filter(({ name }) => !isDerived(name)).map(toInstalledModel);
  }

  async describe(name: string, signal: AbortSignal): Promise<ModelMetadata> {
    const [show, models] = await Promise.all([this.traits.show(name, signal), this.listed('/api/tags', signal)]);
    const listed = models.find((model) => model.name === toModelId(name));
    if (listed === undefined) throw modelNotFound(`Ollama at ${this.client.address} no longer has model '${name}'.`);
    const whole = lacksLists(show) ? await this.traits.show(name, signal, { verbose: true }) : show;
    return toMetadata(whole, listed.size, this.holding);
  }

  async load(plan: LoadPlan, signal: AbortSignal): ReturnType<Runtime['load']> {
    const started = performance.now();
    const body = toLoadBody(plan, this.threads);
    const answer = await this.client.control({
      method: 'POST',
      path: '/api/embed',
      body,
      signal,
      timeoutMs: null,
      model: plan.name,
    });
    if (!isLoaded(answer)) throw this.garbage(answer);
    const [resident] = await this.residentsUnder(plan.name, signal);
    const ms = Math.round(performance.now() - started);
    this.log.info(
      { model: plan.name, contextLength: plan.contextLength, bytes: resident?.size, ms },
      'ollama loaded a model',
    );
    return resident === undefined ? { bytes: undefined } : toTakenMemory(resident);
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

  async listedAs(name: string, signal: AbortSignal): Promise<string | undefined> {
    const [resident] = await this.residentsUnder(name, signal);
    return resident && toResidentModel(resident).name;
  }

  heldAs(name: string): string {
    return name;
  }

  refusal(call: GenerationCall): ApiError | undefined {
    return refusalOf(call);
  }

  async countTokens(call: CountCall, signal: AbortSignal): Promise<{ tokens: number; exact: boolean }> {
    const held = await this.held(call.plan, signal);
    return { tokens: await this.meter.count(call.input, held, signal), exact: false };
  }

  async embed(call: EmbeddingCall, signal: AbortSignal): Promise<Embeddings> {
    const texts = textsOf(call);
    const held = { plan: call.plan, threads: this.threads };
    const answer = await this.client.control({
      method: 'POST',
      path: '/api/embed',
      body: toEmbedBody(held, texts),
      signal,
      timeoutMs: null,
      model: call.plan.name,
      explain: (fault) => (isTooLong(fault) ? this.meter.inputTooLong(call, texts, signal, this.threads) : undefined),
    });
    const vectors = readVectors(answer, texts.length);
    if (vectors === undefined) throw this.garbage(answer);
    return { vectors, promptTokens: readPromptTokens(answer) ?? 0 };
  }

  generate(call: GenerationCall, signal: AbortSignal): AsyncIterable<readonly AnswerEvent[]> {
    if (!call.tellStop || call.stop.length === 0) return { [Symbol.asyncIterator]: () => this.begin(call, signal) };
    const free = { ...call, stop: [], stream: true };
    return cutAtStop(
      { [Symbol.asyncIterator]: () => this.begin(free, signal) },
      {
        stops: call.stop,
        count: async (written) => {
          const { input } = call;
          const prompt = input.type === 'chat' ? input : String(input.prompt);
          return this.meter.usage(prompt, written, await this.held(call.plan, signal), signal);
        },
      },
    );
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  /** The usual answer goes from the socket to the caller; only what has to be asked for first waits in between. */
  private begin(call: GenerationCall, signal: AbortSignal): AsyncIterator<readonly AnswerEvent[], undefined> {
    const traits = this.traits.known(call.plan.name);
    const held = traits && { plan: call.plan, threads: this.threads, traits };
    const route = held && toAnswerRoute(call, held);
    return held && route && !('render' in route)
      ? this.answer(call, route, { held, signal })
      : this.beginAfterAsking(call, signal);
  }

  private async *beginAfterAsking(
    call: GenerationCall,
    signal: AbortSignal,
  ): AsyncGenerator<readonly AnswerEvent[], undefined> {
    const held = await this.held(call.plan, signal);
    const route = toAnswerRoute(call, held);
    const chosen =
      'render' in route ? toRenderedRoute(call, await this.meter.render(route.render, held, signal), held) : route;
    yield* { [Symbol.asyncIterator]: () => this.answer(call, chosen, { held, signal }) };
  }

  private answer(
    call: GenerationCall,
    route: AnswerRoute,
    { held, signal }: { held: Held; signal: AbortSignal },
  ): AsyncIterator<readonly AnswerEvent[], undefined> {
    const { from, path, body, input } = route;
    const lines = new AnswerLines({
      from,
      logprobs: call.logprobs !== undefined,
      stream: call.stream,
      nextId: newCallId,
    });
    const conclude = async (fault: Fault): Promise<Error | readonly AnswerEvent[]> => {
      // A text that goes on is its own prompt; so is that of a rendered chat, but its length is that of the messages.
      if (isTooLong(fault)) return this.meter.tooLong(call.input.type === 'chat' ? call.input : input, held, signal);
      if (fault.kind !== 'looped') return this.client.explain(fault, call.plan.name);
      // Ollama gives no counts then. The text stops at a limit of the runtime, so the reason is `length`.
      return [{ type: 'finish', reason: 'length', usage: await this.meter.usage(input, lines.text, held, signal) }];
    };
    return this.client.answer({ path, body, signal, lines, conclude });
  }

  private async held(plan: LoadPlan, signal: AbortSignal): Promise<Held> {
    return { plan, threads: this.threads, traits: await this.traits.of(plan.name, signal) };
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
