import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import {
  backendUnavailable,
  invalidRequest,
  withTag,
  withoutLatest,
  type ManagementProgress,
  type OllamaCreateRequest,
  type RunningModel,
  type ShownModel,
  type TaggedModel,
} from '@local-llm-agent/contracts';
import { namesOf, type CatalogIndex, type CatalogModel } from '@local-llm-agent/config';
import { within } from '@local-llm-agent/http';
import { CATALOG_TOKEN, RUNTIMES_TOKEN } from '../engine.tokens.js';
import { modelKey } from '../residency/model-demand.service.js';
import { RuntimeWatch } from '../placement/runtime-watch.service.js';
import { ModelDirectory, type LookedUp } from '../residency/model.directory.js';
import { ResidencyService } from '../residency/residency.service.js';
import type { ModelManagement, RegistryOrder, Runtime } from '../runtime/runtime.contract.js';
import { SchedulerService } from '../scheduler/scheduler.service.js';
import { withExpiry } from './running-model.translate.js';
import { toServedTags } from './model-tags.translate.js';

/** A model whose requests have to end first. */
const IN_USE_RETRY_SECONDS = 5;

/** The keys under which a model may be in memory. */
function keysOf(runtime: Runtime, name: string): readonly string[] {
  const held = (['generation', 'embedding'] as const).map((purpose) => runtime.heldAs(name, purpose));
  return [...new Set(held)].map((each) => modelKey(runtime, each));
}

/** The keys under which a model that was looked up may be in memory anywhere; none while it has yet to be made. */
export function heldKeys({ hosts, name, isMade }: LookedUp): readonly string[] {
  return isMade ? hosts.flatMap((host) => keysOf(host, name)) : [];
}

/** The keys of the models that the catalog pins, under every name and on every runtime: also if they come later. */
export function pinnedKeys(models: readonly CatalogModel[], runtimes: readonly Runtime[]): readonly string[] {
  const names = models.filter(({ pinned }) => pinned).flatMap(namesOf);
  return names.flatMap((name) => runtimes.flatMap((runtime) => keysOf(runtime, withoutLatest(name))));
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
    private readonly hosts: RuntimeWatch,
  ) {}

  /** What is installed, the newest first, and the models of the catalog that another one stands for. */
  async tags(signal: AbortSignal): Promise<readonly TaggedModel[]> {
    const [lists, served] = await Promise.all([
      this.fromAll(({ management }) => management.tags(signal)),
      this.directory.list(),
    ]);
    // A model that several hosts have is one model.
    const installed = new Map(lists.reverse().map((model) => [model.name, model]));
    const ids = new Set(this.catalog.models.map(({ id }) => id));
    return toServedTags(
      [...installed.values()].reverse(),
      served.filter(({ id }) => ids.has(id)),
    );
  }

  /** What is in memory. */
  async running(signal: AbortSignal): Promise<readonly RunningModel[]> {
    return this.fromAll(async (runtime) => {
      const running = await runtime.management.running(signal);
      const { residents, pinned } = this.scheduler.snapshot();
      const clock = { now: performance.now(), unixMs: Date.now() };
      return running.flatMap((model) => {
        const keys = keysOf(runtime, withoutLatest(model.name));
        const held = residents.filter(({ demand }) => keys.includes(demand.key));
        const isPinned = keys.some((key) => pinned.includes(key));
        return withAdapters(withExpiry(model, { held, pinned: isPinned, ...clock }), runtime);
      });
    });
  }

  /** All about the model that answers for the name. */
  async show(name: string, verbose: boolean, signal: AbortSignal): Promise<ShownModel> {
    const {
      runtime,
      name: real,
      installed,
      system,
    } = await within(signal, Promise.resolve(this.directory.resolve(name, 'small')));
    const shown = await runtime.management.show(real, verbose, signal);
    if (withTag(real) === withTag(name)) return shown;
    const told = system === undefined ? {} : { system };
    return { ...shown, ...told, details: { ...shown.details, parent_model: installed } };
  }

  /**
   * The runtime that gets what is pulled: the one that is named, else the first that answers and has a registry, else the
   * first, which says what to do instead. Throws a 400 for a name of none.
   */
  pullTarget(id?: string | null): Runtime {
    const wanted = this.runtimes.find((runtime) => runtime.id === id);
    if (id !== undefined && id !== null && !wanted) {
      const ids = this.runtimes.map((runtime) => runtime.id).join(', ');
      throw invalidRequest(`There is no runtime '${id}' here. Name one of ${ids}.`, { param: 'runtime' });
    }
    const able = this.runtimes.find((runtime) => runtime.name === 'ollama' && this.hosts.isUp(runtime));
    return wanted ?? able ?? this.firstRuntime;
  }

  /** Fetches a model to a runtime. */
  pull(runtime: Runtime, order: RegistryOrder, signal: AbortSignal): AsyncIterable<ManagementProgress> {
    return this.changing(order.model, runtime.management.pull(order, signal));
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

  /** Gives a model one more name wherever it is; another one of that name is unloaded and replaced. */
  async copy(source: string, destination: string, signal: AbortSignal): Promise<void> {
    const copies = await this.directory.copiesOf(source);
    const [{ model }] = copies;
    if (withTag(model.name) !== withTag(destination)) await this.unload(destination);
    for (const { runtime } of copies) await runtime.management.copy(model.name, destination, signal);
    this.changed(destination);
  }

  /** Unloads a model and removes it from every runtime that has it. */
  async remove(wanted: string, signal: AbortSignal): Promise<void> {
    const copies = await this.directory.copiesOf(wanted);
    const [{ model }] = copies;
    await this.unload(model.name);
    try {
      for (const { runtime } of copies) await runtime.management.remove(model.name, signal);
    } finally {
      this.changed(model.name);
    }
  }

  /** Whether the blob is there. */
  hasBlob(digest: string, signal: AbortSignal): Promise<boolean> {
    return this.first.hasBlob(digest, signal);
  }

  /** Keeps a blob; see {@link ModelManagement.addBlob}. */
  addBlob(digest: string, bytes: Readable, signal: AbortSignal): Promise<boolean> {
    return this.first.addBlob(digest, bytes, signal);
  }

  /** What the runtimes say, without those that do not answer; rejects when none does. */
  private async fromAll<T>(ask: (runtime: Runtime) => Promise<readonly T[]>): Promise<T[]> {
    const answers = await Promise.allSettled(this.runtimes.filter((runtime) => this.hosts.isUp(runtime)).map(ask));
    const lists = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const failure = answers.find((answer) => answer.status === 'rejected');
    if (lists.length === 0 && failure) throw failure.reason;
    if (answers.length === 0 && this.runtimes[0]) throw this.hosts.of(this.runtimes[0]).refusal;
    return lists.flat();
  }

  /** New models go to the first runtime that answers. */
  private get first(): ModelManagement {
    return this.firstRuntime.management;
  }

  private get firstRuntime(): Runtime {
    const runtime = this.runtimes.find((each) => this.hosts.isUp(each)) ?? this.runtimes[0];
    if (!runtime) throw backendUnavailable('No runtime is in use. Set RUNTIMES.', { origin: 'engine' });
    return runtime;
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

  /** Brings a model out of memory, if it is there. Throws a 400 for a pinned one, `backend_unavailable` while it is in use. */
  private async unload(name: string): Promise<void> {
    const keys = this.runtimes.flatMap((runtime) => keysOf(runtime, name));
    const { pinned, residents } = this.scheduler.snapshot();
    if (residents.some(({ demand: { key } }) => keys.includes(key) && pinned.includes(key)))
      throw invalidRequest(
        `The model '${name}' is pinned in memory. POST /admin/models/${encodeURIComponent(name)}/unpin first.`,
        { param: 'model' },
      );
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
