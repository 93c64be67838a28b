import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { backendUnavailable, type ApiError } from '@local-llm-agent/contracts';
import { within } from '@local-llm-agent/http';
import type {
  GenerationCall,
  AnswerEvent,
  CountCall,
  EmbeddingCall,
  Embeddings,
  InstalledModel,
  LoadPlan,
  ModelMetadata,
  ModelPurpose,
  ResidentModel,
  Runtime,
  RuntimeHealth,
} from '../runtime.contract.js';
import { EmbeddedAttachments } from './attachment.service.js';
import { formatRefusal } from './answer-format.translate.js';
import { notLoaded } from './failure.translate.js';
import { fromHeldName, toHeldName } from './held-name.translate.js';
import { toModelMetadata } from './gguf-metadata.parse.js';
import { ModelFolderReader } from './model-folder.reader.js';
import { EmbeddedManagement } from './model-management.service.js';
import { ModelProcess, type RuntimeLog } from './model-process.client.js';
import { threadsFor } from './threads.policy.js';
import { countWith, embedWith, generateWith, type RunWork } from './work.client.js';

/** What the embedded runtime is made with. */
export interface EmbeddedRuntimeOptions {
  /** Folder of GGUF files. It may come into being later. */
  readonly modelsDir: string;
  /** Threads of each model; 0 = one less than the physical cores. */
  readonly threads: number;
  readonly log: RuntimeLog;
  /** A loaded model went away by itself: its process crashed or was killed. */
  readonly onLost?: (name: string) => void;
  /** Script of a model process; the compiled one beside this file unless given. */
  readonly childEntry?: string;
}

function samePlan(left: LoadPlan, right: LoadPlan): boolean {
  return left.contextLength === right.contextLength && left.slots === right.slots;
}

/** Runs GGUF files with the llama.cpp that comes with the program, one process for each loaded model. */
export class EmbeddedRuntime implements Runtime {
  readonly id = 'embedded';
  readonly name = 'embedded';
  readonly hasTokenizer = true;
  readonly management: EmbeddedManagement;
  readonly attachments = new EmbeddedAttachments((held) => this.processes.get(held));
  private readonly folder: ModelFolderReader;
  private readonly entry: string;
  private readonly processes = new Map<string, ModelProcess>();
  /** Loading and unloading of one model happen one after the other. */
  private readonly turns = new Map<string, Promise<void>>();
  private readonly closing = new AbortController();
  private threads: Promise<number> | undefined;

  constructor(private readonly options: EmbeddedRuntimeOptions) {
    this.folder = new ModelFolderReader(options.modelsDir);
    this.management = new EmbeddedManagement(options.modelsDir, this.folder, () => this.processes.values());
    this.entry = options.childEntry ?? fileURLToPath(new URL('./embedded.child.js', import.meta.url));
  }

  async health(signal: AbortSignal): Promise<RuntimeHealth> {
    const models = await this.list(signal);
    if (models.length > 0) return { up: true };
    return { up: true, detail: 'There is no model yet: put a GGUF file into MODELS_DIR.' };
  }

  async list(signal: AbortSignal): Promise<readonly InstalledModel[]> {
    const models = await within(signal, this.folder.list());
    return models.map(({ name, created, sizeBytes }) => ({ name, created, sizeBytes }));
  }

  async describe(name: string, signal: AbortSignal, purpose: ModelPurpose = 'generation'): Promise<ModelMetadata> {
    const file = await within(signal, this.folder.describe(name));
    return toModelMetadata(file, purpose, await this.threadCount());
  }

  /** Loading what is loaded with the same plan changes nothing; with another plan it is loaded anew. */
  async load(plan: LoadPlan, signal: AbortSignal): Promise<{ readonly bytes: number | undefined }> {
    const either = AbortSignal.any([signal, this.closing.signal]);
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const loading = this.inTurn(plan.name, async () => {
      begin();
      either.throwIfAborted();
      return { bytes: await this.loadNow(plan, either) };
    });
    // Once it is our turn, an abort kills the process, and `loading` ends when it is gone.
    await within(either, begun);
    return loading;
  }

  unload(name: string): Promise<void> {
    return this.inTurn(name, async () => {
      const process = this.processes.get(name);
      if (process !== undefined) await this.end(process);
    });
  }

  async residents(signal: AbortSignal): Promise<readonly ResidentModel[]> {
    const measured = [...this.processes].map(async ([name, process]) => ({ name, bytes: await process.measure() }));
    return within(signal, Promise.all(measured));
  }

  /** Embeddings have a context of their own, so a model is loaded once for text and once for them. */
  heldAs(name: string, purpose: ModelPurpose): string {
    return toHeldName(name, purpose);
  }

  refusal({ format }: GenerationCall): ApiError | undefined {
    return formatRefusal(format);
  }

  async countTokens(
    call: CountCall,
    signal: AbortSignal,
  ): Promise<{ readonly tokens: number; readonly exact: boolean }> {
    return { tokens: await countWith(this.runOn(call.plan), call, signal), exact: true };
  }

  embed(call: EmbeddingCall, signal: AbortSignal): Promise<Embeddings> {
    return embedWith(this.runOn(call.plan), call, signal);
  }

  generate(call: GenerationCall, signal: AbortSignal): AsyncIterable<readonly AnswerEvent[]> {
    return generateWith(this.runOn(call.plan), call, signal);
  }

  async close(): Promise<void> {
    this.closing.abort(backendUnavailable('The engine is shutting down. Try again.', { origin: 'engine' }));
    await Promise.all([...new Set([...this.turns.keys(), ...this.processes.keys()])].map((name) => this.unload(name)));
  }

  /** Lets the process of a loaded model work. */
  private runOn({ name }: LoadPlan): RunWork {
    const { processes } = this;
    return async function* run(work, signal) {
      signal.throwIfAborted();
      const process = processes.get(name);
      if (process === undefined) throw notLoaded(name);
      yield* process.run(work, signal);
    };
  }

  private async loadNow(plan: LoadPlan, signal: AbortSignal): Promise<number> {
    const present = this.processes.get(plan.name);
    if (present !== undefined && samePlan(present.plan, plan)) return present.measure();
    if (present !== undefined) await this.end(present);
    const { name, contextLength, slots } = plan;
    const { model, purpose } = fromHeldName(name);
    const modelPath = await this.folder.pathOf(model);
    const threads = await this.threadCount();
    const started = performance.now();
    const process = await ModelProcess.start(
      {
        entry: this.entry,
        plan,
        order: { modelPath, purpose, contextLength, slots, threads },
        log: this.options.log,
        onLost: () => {
          this.processes.delete(name);
          this.options.onLost?.(name);
        },
      },
      signal,
    );
    this.processes.set(name, process);
    const bytes = await process.measure();
    const seconds = (performance.now() - started) / 1000;
    const { pid } = process;
    this.options.log('debug', 'model loaded', { model: name, pid, contextLength, slots, threads, bytes, seconds });
    return bytes;
  }

  /** From here on no work may start on it, though it may take a while to be gone. */
  private async end(process: ModelProcess): Promise<void> {
    this.processes.delete(process.plan.name);
    await process.stop();
    this.options.log('info', 'model unloaded', { model: process.plan.name });
  }

  private threadCount(): Promise<number> {
    return (this.threads ??= this.countThreads());
  }

  private async countThreads(): Promise<number> {
    // Only Linux has this file; elsewhere the processors are counted.
    const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
    return threadsFor(this.options.threads, cpuinfo, availableParallelism());
  }

  private inTurn<T>(name: string, task: () => Promise<T>): Promise<T> {
    const run = (this.turns.get(name) ?? Promise.resolve()).then(task);
    const settled = run.then(
      () => undefined,
      () => undefined,
    );
    this.turns.set(name, settled);
    void settled.then(() => {
      if (this.turns.get(name) === settled) this.turns.delete(name);
    });
    return run;
  }
}
