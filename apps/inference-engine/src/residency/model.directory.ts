import { ApiError, backendUnavailable, modelNotFound, type EngineModel, type Tier } from '@local-llm-agent/contracts';
import {
  isAdapted,
  namesOf,
  type AdaptedModel,
  type CatalogIndex,
  type CatalogModel,
  type ModelDefaults,
} from '@local-llm-agent/config';
import type { InstalledModel, LoraAdapter, Runtime } from '../runtime/runtime.contract.js';
import { missingModel, upstreamNames } from './adapter.names.js';

/** A model that will answer, and under which name. */
export interface ResolvedModel {
  readonly runtime: Runtime;
  /** The runtime's name of the model. */
  readonly name: string;
  /** The listed model behind it: the same, or the base of an adapter that the runtime has under another name. */
  readonly installed: string;
  /** Name of it in logs and metrics: the runtime's, or the adapter's. */
  readonly label: string;
  /** `model` of the answer: the name asked for, unless another model answers. */
  readonly shownAs: string;
  /** The name asked for, when a fallback answers. */
  readonly fallbackFrom: string | undefined;
  readonly contextLength: number;
  readonly slots: number;
  readonly memory: number | undefined;
  readonly defaults: ModelDefaults;
  /** What an adapter tells the model before the client's own system message. */
  readonly system: string | undefined;
  /** What an adapter puts over the loaded model; undefined where the model under this name has it already. */
  readonly lora: LoraAdapter | undefined;
}

interface Installed {
  readonly runtime: Runtime;
  readonly model: InstalledModel;
}

/** How long a list of installed models is good. */
const FRESH_MS = 5000;
/** Longest wait for the list of a runtime. */
const LIST_TIMEOUT_MS = 5000;

/** Knows which models are installed in the runtimes, and finds the one that answers for a name. */
export class ModelDirectory {
  private installed = new Map<string, Installed>();
  private readonly failures = new Map<string, ApiError>();
  private readAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | undefined;

  constructor(
    private readonly runtimes: readonly Runtime[],
    private readonly catalog: CatalogIndex,
  ) {}

  /**
   * The model that answers for this name: itself, the target of the alias, a tier's default, or a configured fallback.
   * Throws `model_not_found`, or `backend_unavailable` when a runtime that may have it does not answer.
   */
  resolve(name: string, tier: Tier): ResolvedModel | Promise<ResolvedModel> {
    const known = this.find(name, tier);
    const stale = performance.now() - this.readAt >= FRESH_MS;
    // What is known is used while the list is read again: a slow runtime must not hold up requests for its models.
    const reading = stale || !known ? this.refresh() : undefined;
    if (known) return this.made(known);
    return Promise.resolve(reading).then(() => {
      const found = this.find(name, tier);
      if (found) return this.made(found);
      throw this.notFound(name);
    });
  }

  /**
   * Makes the models of adapters that a runtime has to make before they can be asked for. What fails is told, and tried
   * again when it is asked for.
   */
  async prepare(tell: (adapter: string, error: unknown) => void): Promise<void> {
    for (const model of this.catalog.models) {
      if (!isAdapted(model) || model.adapter.lora === undefined) continue;
      try {
        await this.resolve(model.id, model.tier);
      } catch (error) {
        // A base that nobody has installed is nothing to tell of.
        if (!(error instanceof ApiError) || error.code !== 'model_not_found') tell(model.id, error);
      }
    }
  }

  /** Every name under which a chat would be answered now. */
  async list(): Promise<EngineModel[]> {
    if (performance.now() - this.readAt >= FRESH_MS) await this.refresh();
    const names = new Set<string>();
    for (const model of this.catalog.models) for (const name of namesOf(model)) names.add(name);
    for (const name of this.installed.keys()) names.add(name);
    return [...names].flatMap((id) => {
      const found = this.find(id, 'small');
      const entry = found && this.installed.get(found.installed);
      if (!found || !entry || this.failures.has(found.runtime.id)) return [];
      return [
        {
          id,
          created: entry.model.created,
          ownedBy: found.runtime.name,
          servedBy: found.installed,
          contextLength: found.contextLength,
        },
      ];
    });
  }

  /** Size and name of everything installed, for health and errors. */
  get installedNames(): string[] {
    return [...this.installed.keys()];
  }

  /** The installed model of exactly this name, never by an alias. Throws `model_not_found`, as {@link resolve} does. */
  async installedAs(name: string): Promise<{ readonly runtime: Runtime; readonly name: string }> {
    if (performance.now() - this.readAt >= FRESH_MS || !this.lookUp(name)) await this.refresh();
    const found = this.lookUp(name);
    if (!found) throw this.notFound(name);
    return { runtime: found.runtime, name: found.model.name };
  }

  /** Forgets the list, so that the next request reads it again. */
  forget(): void {
    this.readAt = Number.NEGATIVE_INFINITY;
  }

  /**
   * The decision tree, over what is known now.
   * 1. A virtual name stands for the default model of the tier, or for the first model there is.
   * 2. The model itself, under its id or an alias; an adapter over its base.
   * 3. Else its fallbacks, in order. They have no LoRA of another model, but they are told what its adapter tells.
   */
  private find(name: string, tier: Tier): ResolvedModel | undefined {
    // 1.
    const virtual = this.catalog.isVirtual(name);
    const asked = virtual ? (this.catalog.catalog.tiers[tier].defaultModel ?? this.installedNames[0]) : name;
    if (asked === undefined) return undefined;
    const model = this.catalog.find(asked);
    // 2.
    const shownAs = (own: string): string => (virtual ? own : name);
    if (model && isAdapted(model)) {
      const adapted = this.findAdapted(model, shownAs(model.id));
      if (adapted) return adapted;
    } else {
      const own = this.lookUpAny(model ? namesOf(model) : [asked]);
      if (own) return this.resolved(own, model, shownAs(own.model.name), undefined);
    }
    // 3.
    return this.findFallback(model, virtual ? undefined : name);
  }

  private findFallback(model: CatalogModel | undefined, from: string | undefined): ResolvedModel | undefined {
    for (const name of model?.fallbacks ?? []) {
      const fallback = this.catalog.find(name);
      const found = this.lookUp(fallback?.id ?? name);
      if (!found) continue;
      const resolved = this.resolved(found, fallback, found.model.name, from);
      return model && isAdapted(model) ? { ...resolved, system: model.adapter.system } : resolved;
    }
    return undefined;
  }

  /**
   * 1. A server that lists the adapter as a model has it.
   * 2. Else it is over its base: a system prompt anywhere, a LoRA where the runtime can.
   */
  private findAdapted(model: AdaptedModel, shownAs: string): ResolvedModel | undefined {
    const { base, adapter } = model;
    const { system, lora, id } = adapter;
    // 1.
    const names = upstreamNames(model);
    const upstream = names.map((name) => this.installed.get(name)).find((each) => each?.runtime.name === 'openai');
    if (upstream) return { ...this.resolved(upstream, model, shownAs, undefined), system };
    // 2.
    const own = this.lookUpAny(namesOf(base));
    if (!own) return undefined;
    const resolved = { ...this.resolved(own, model, shownAs, undefined), label: `${own.model.name}:${id}`, system };
    if (lora === undefined) return system === undefined ? undefined : resolved;
    const { attachments, derived } = own.runtime;
    return attachments || derived ? { ...resolved, lora: { name: model.id, path: lora } } : undefined;
  }

  /** Where a runtime has LoRAs as models of their own, that model; it may have to be made first. */
  private made(found: ResolvedModel): ResolvedModel | Promise<ResolvedModel> {
    const { runtime, lora, installed } = found;
    if (!runtime.derived || !lora) return found;
    const name = runtime.derived.make(installed, lora);
    if (typeof name === 'string') return { ...found, name, lora: undefined };
    return name.then((made) => ({ ...found, name: made, lora: undefined }));
  }

  private lookUp(name: string): Installed | undefined {
    // Ollama's `:latest` is the same as no tag.
    return this.installed.get(name.endsWith(':latest') ? name.slice(0, -':latest'.length) : name);
  }

  private lookUpAny(names: readonly string[]): Installed | undefined {
    for (const name of names) {
      const found = this.lookUp(name);
      if (found) return found;
    }
    return undefined;
  }

  private resolved(
    entry: Installed,
    model: CatalogModel | undefined,
    shownAs: string,
    fallbackFrom: string | undefined,
  ): ResolvedModel {
    const { uncatalogued } = this.catalog.catalog;
    return {
      runtime: entry.runtime,
      name: entry.model.name,
      installed: entry.model.name,
      label: entry.model.name,
      shownAs,
      fallbackFrom,
      contextLength: model?.contextLength ?? uncatalogued.contextLength,
      slots: model?.parallel ?? uncatalogued.parallel,
      memory: model?.memory,
      defaults: model?.defaults ?? {},
      system: undefined,
      lora: undefined,
    };
  }

  private refresh(): Promise<void> {
    this.reading ??= this.read().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async read(): Promise<void> {
    const lists = await Promise.all(this.runtimes.map((runtime) => this.listOf(runtime)));
    const installed = new Map<string, Installed>();
    for (const entry of lists.flat()) if (!installed.has(entry.model.name)) installed.set(entry.model.name, entry);
    this.installed = installed;
    // A list that misses a runtime is not trusted for long.
    this.readAt = this.failures.size > 0 ? Number.NEGATIVE_INFINITY : performance.now();
  }

  /** The models of one runtime; the last known ones when it does not answer. */
  private async listOf(runtime: Runtime): Promise<Installed[]> {
    try {
      const models = await runtime.list(AbortSignal.timeout(LIST_TIMEOUT_MS));
      this.failures.delete(runtime.id);
      return models.map((model) => ({ runtime, model }));
    } catch (cause) {
      const error =
        cause instanceof ApiError
          ? cause
          : backendUnavailable(`The runtime ${runtime.id} does not list its models.`, { origin: 'runtime', cause });
      this.failures.set(runtime.id, error);
      return [...this.installed.values()].filter((entry) => entry.runtime === runtime);
    }
  }

  private notFound(name: string): ApiError {
    const [failure] = this.failures.values();
    if (failure) return failure;
    const hasOllama = this.runtimes.some((runtime) => runtime.name === 'ollama');
    return modelNotFound(missingModel(name, this.catalog, this.installedNames, hasOllama));
  }
}
