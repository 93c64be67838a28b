import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import {
  backendUnavailable,
  withTag,
  withoutLatest,
  type ManagementProgress,
  type OllamaCreateRequest,
  type RunningModel,
  type ShownModel,
  type TaggedModel,
} from '@local-llm-agent/contracts';
import type { CatalogIndex } from '@local-llm-agent/config';
import { CATALOG_TOKEN, RUNTIMES_TOKEN } from '../engine.tokens.js';
import { modelKey } from '../residency/model-demand.service.js';
import { ModelDirectory } from '../residency/model.directory.js';
import { ResidencyService } from '../residency/residency.service.js';
import type { ModelManagement, RegistryOrder, Runtime } from '../runtime/runtime.contract.js';
import { SchedulerService } from '../scheduler/scheduler.service.js';
import { toServedTags } from './model-tags.translate.js';

/** A model whose requests have to end first. */
const IN_USE_RETRY_SECONDS = 5;

/** The keys under which a model may be in memory. */
export function keysOf(runtime: Runtime, name: string): readonly string[] {
  const held = (['generation', 'embedding'] as const).map((purpose) => runtime.heldAs(name, purpose));
  return [...new Set(held)].map((each) => modelKey(runtime, each));
}

/** A model that was made for an adapter goes by the adapter's name; those over a model come after it, with what they add. */
function withAdapters(model: RunningModel, { derived, attachments }: Runtime): RunningModel[] {
  const name = withoutLatest(model.name);
  const adapter = derived?.adapterOf(name);
  if (adapter !== undefined) return [{ ...model, name: adapter, model: adapter }];
  const added = (attachments?.attached(name) ?? []).map((lora) => {
    const details = { ...model.details, parent_model: name };
    return { ...model, name: lora.name, model: lora.name, size: lora.addedBytes, details };
  });
  // What they add is in what is held of the model.
  const size = model.size - added.reduce((total, each) => total + each.size, 0);
  return [{ ...model, size: Math.max(0, size) }, ...added];
}

/** What can be done with models besides running them. Whatever changes one unloads it first, and lists are read anew. */
@Injectable()
export class ModelManagementService {
  constructor(
    @Inject(RUNTIMES_TOKEN) private readonly runtimes: readonly Runtime[],
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
    private readonly directory: ModelDirectory,
    private readonly scheduler: SchedulerService,
    private readonly residency: ResidencyService,
  ) {}

  /** What is installed, the newest first, and the models of the catalog that another one stands for. */
  async tags(signal: AbortSignal): Promise<readonly TaggedModel[]> {
    const [lists, served] = await Promise.all([
      Promise.all(this.runtimes.map(({ management }) => management.tags(signal))),
      this.directory.list(),
    ]);
    const ids = new Set(this.catalog.models.map(({ id }) => id));
    return toServedTags(
      lists.flat(),
      served.filter(({ id }) => ids.has(id)),
    );
  }

  /** What is in memory. */
  async running(signal: AbortSignal): Promise<readonly RunningModel[]> {
    const lists = await Promise.all(
      this.runtimes.map(async (runtime) => {
        const running = await runtime.management.running(signal);
        return running.flatMap((model) => withAdapters(model, runtime));
      }),
    );
    return lists.flat();
  }

  /** All about the model that answers for the name. */
  async show(name: string, verbose: boolean, signal: AbortSignal): Promise<ShownModel> {
    const { runtime, name: real, installed, system } = await this.directory.resolve(name, 'small');
    const shown = await runtime.management.show(real, verbose, signal);
    if (withTag(real) === withTag(name)) return shown;
    const told = system === undefined ? {} : { system };
    return { ...shown, ...told, details: { ...shown.details, parent_model: installed } };
  }

  /** Fetches a model. */
  pull(order: RegistryOrder, signal: AbortSignal): AsyncIterable<ManagementProgress> {
    return this.changing(order.model, this.first.pull(order, signal));
  }

  /** Sends a model to its registry. */
  async push(order: RegistryOrder, signal: AbortSignal): Promise<AsyncIterable<ManagementProgress>> {
    const { runtime, name } = await this.directory.installedAs(order.model);
    return runtime.management.push({ ...order, model: name }, signal);
  }

  /** Makes a model; one of that name is unloaded and replaced. */
  async create(order: OllamaCreateRequest, signal: AbortSignal): Promise<AsyncIterable<ManagementProgress>> {
    await this.unload(order.model);
    return this.changing(order.model, this.first.create(order, signal));
  }

  /** Gives a model one more name; another one of that name is unloaded and replaced. */
  async copy(source: string, destination: string, signal: AbortSignal): Promise<void> {
    const { runtime, name } = await this.directory.installedAs(source);
    if (withTag(name) !== withTag(destination)) await this.unload(destination);
    await runtime.management.copy(name, destination, signal);
    this.changed(destination);
  }

  /** Unloads a model and removes it. */
  async remove(wanted: string, signal: AbortSignal): Promise<void> {
    const { runtime, name } = await this.directory.installedAs(wanted);
    await this.unload(name);
    await runtime.management.remove(name, signal);
    this.changed(name);
  }

  /** Whether the blob is there. */
  hasBlob(digest: string, signal: AbortSignal): Promise<boolean> {
    return this.first.hasBlob(digest, signal);
  }

  /** Keeps a blob; see {@link ModelManagement.addBlob}. */
  addBlob(digest: string, bytes: Readable, signal: AbortSignal): Promise<boolean> {
    return this.first.addBlob(digest, bytes, signal);
  }

  /** New models go to the first runtime. */
  private get first(): ModelManagement {
    const [runtime] = this.runtimes;
    if (!runtime) throw backendUnavailable('No runtime is in use. Set RUNTIMES.', { origin: 'engine' });
    return runtime.management;
  }

  private async *changing(
    name: string,
    progress: AsyncIterable<ManagementProgress>,
  ): AsyncGenerator<ManagementProgress> {
    try {
      yield* progress;
    } finally {
      this.changed(name);
    }
  }

  /** Brings a model out of memory, if it is there. Throws `backend_unavailable` while it is in use. */
  private async unload(name: string): Promise<void> {
    const keys = this.runtimes.flatMap((runtime) => keysOf(runtime, name));
    const gone = await Promise.all(keys.map((key) => this.scheduler.unload(key)));
    if (gone.every(Boolean)) return;
    throw backendUnavailable(`The model '${name}' is in use. Try again when its requests have ended.`, {
      origin: 'engine',
      retryAfterSeconds: IN_USE_RETRY_SECONDS,
    });
  }

  private changed(name: string): void {
    this.directory.forget();
    for (const runtime of this.runtimes) for (const key of keysOf(runtime, name)) this.residency.replaced(key);
  }
}
