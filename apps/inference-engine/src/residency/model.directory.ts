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
  /** Every runtime that has it, this one among them: those that answer first, else in the order of the settings. */
  readonly hosts: readonly Runtime[];
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

/** Chooses among the runtimes that have a model; the first of them is the usual one. Rejects when none can be used. */
export type Place = (hosts: readonly ResolvedModel[]) => ResolvedModel | Promise<ResolvedModel>;

interface Installed {
  readonly runtime: Runtime;
  readonly model: InstalledModel;
}

/** Where to look for a model. */
interface Lookup {
  /** Its entry in the catalog, which may name a place. */
  readonly model?: CatalogModel | undefined;
  readonly on?: Runtime | undefined;
}

/** How long a list of installed models is good. */
const FRESH_MS = 5000;
/** How soon a runtime that did not list its models is asked again. */
const RETRY_MS = 1000;
/** Longest wait for the list of a runtime. */
const LIST_TIMEOUT_MS = 5000;

/** Knows which models are installed in the runtimes, and finds the one that answers for a name. */
export class ModelDirectory {
  /** Name -> the runtimes that have it, in the order of the settings. */
  private installed = new Map<string, readonly Installed[]>();
  private readonly failures = new Map<string, ApiError>();
  private readAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | undefined;

  /** @param isUp whether a runtime answers, as far as is known */
  constructor(
    private readonly runtimes: readonly Runtime[],
    private readonly catalog: CatalogIndex,
    private readonly isUp: (runtime: Runtime) => boolean = () => true,
  ) {}

  /**
   * The model that answers for this name: itself, the target of the alias, a tier's default, or a configured fallback.
   * Throws `model_not_found`, or `backend_unavailable` when a runtime that may have it does not answer.
   * @param place chooses where it answers; the first place unless given
   */
  resolve(
    name: string,
    tier: Tier,
    place: Place = ([first]) => first as ResolvedModel,
  ): ResolvedModel | Promise<ResolvedModel> {
    const known = this.find(name, tier);
    const { stale } = this;
    // What is known is used while the list is read again: a slow runtime must not hold up requests for its models.
    const reading = stale || !known ? this.refresh() : undefined;
    const placed = (found: ResolvedModel): ResolvedModel | Promise<ResolvedModel> => {
      const chosen = place(this.places(found, name, tier));
      return chosen instanceof Promise ? chosen.then((model) => this.made(model)) : this.made(chosen);
    };
    if (known) return placed(known);
    return Promise.resolve(reading).then(() => {
      const found = this.find(name, tier);
      if (found) return placed(found);
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
    if (this.stale) await this.refresh();
    const names = new Set<string>();
    for (const model of this.catalog.models) for (const name of namesOf(model)) names.add(name);
    for (const name of this.installed.keys()) names.add(name);
    return [...names].flatMap((id) => {
      const found = this.find(id, 'small');
      const entry = found && this.installed.get(found.installed)?.find(({ runtime }) => runtime === found.runtime);
      if (!found || !entry || found.hosts.every(({ id: host }) => this.failures.has(host))) return [];
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
    if (this.stale || !this.lookUp(name)) await this.refresh();
    const found = this.lookUp(name);
    if (!found) throw this.notFound(name);
    const [{ runtime, model }] = found as [Installed];
    return { runtime, name: model.name };
  }

  private get stale(): boolean {
    return performance.now() - this.readAt >= FRESH_MS;
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
   * @param on the only runtime to look at; every one unless given
   */
  private find(name: string, tier: Tier, on?: Runtime): ResolvedModel | undefined {
    // 1.
    const virtual = this.catalog.isVirtual(name);
    const asked = virtual ? (this.catalog.catalog.tiers[tier].defaultModel ?? this.installedNames[0]) : name;
    if (asked === undefined) return undefined;
    const model = this.catalog.find(asked);
    // 2.
    const shownAs = (own: string): string => (virtual ? own : name);
    if (model && isAdapted(model)) {
      const adapted = this.findAdapted(model, shownAs(model.id), on);
      if (adapted) return adapted;
    } else {
      const own = this.lookUpAny(model ? namesOf(model) : [asked], { model, on });
      if (own) return this.resolved(own, model, shownAs(nameOf(own)), undefined);
    }
    // 3.
    return this.findFallback(model, virtual ? undefined : name, on);
  }

  private findFallback(
    model: CatalogModel | undefined,
    from: string | undefined,
    on: Runtime | undefined,
  ): ResolvedModel | undefined {
    for (const name of model?.fallbacks ?? []) {
      const fallback = this.catalog.find(name);
      const found = this.lookUp(fallback?.id ?? name, { model: fallback, on });
      if (!found) continue;
      const resolved = this.resolved(found, fallback, nameOf(found), from);
      return model && isAdapted(model) ? { ...resolved, system: model.adapter.system } : resolved;
    }
    return undefined;
  }

  /**
   * 1. A server that lists the adapter as a model has it.
   * 2. Else it is over its base: a system prompt anywhere, a LoRA where the runtime can.
   */
  private findAdapted(model: AdaptedModel, shownAs: string, on: Runtime | undefined): ResolvedModel | undefined {
    const { base, adapter } = model;
    const { system, lora, id } = adapter;
    // 1.
    const listed = upstreamNames(model).flatMap((name) => this.lookUp(name, { on }) ?? []);
    const upstream = listed.filter(({ runtime }) => runtime.name === 'openai');
    if (upstream.length > 0) return { ...this.resolved(upstream, model, shownAs, undefined), system };
    // 2.
    if (lora === undefined && system === undefined) return undefined;
    const own = this.lookUpAny(namesOf(base), { model: base, on }) ?? [];
    const able = lora === undefined ? own : own.filter(({ runtime }) => runtime.attachments ?? runtime.derived);
    if (able.length === 0) return undefined;
    const resolved = { ...this.resolved(able, model, shownAs, undefined), label: `${nameOf(able)}:${id}`, system };
    return lora === undefined ? resolved : { ...resolved, lora: { name: model.id, path: lora } };
  }

  /** Where a runtime has LoRAs as models of their own, that model; it may have to be made first. */
  private made(found: ResolvedModel): ResolvedModel | Promise<ResolvedModel> {
    const { runtime, lora, installed } = found;
    if (!runtime.derived || !lora) return found;
    const name = runtime.derived.make(installed, lora);
    if (typeof name === 'string') return { ...found, name, lora: undefined };
    return name.then((made) => ({ ...found, name: made, lora: undefined }));
  }

  /** The same model on each of its hosts. */
  private places(found: ResolvedModel, name: string, tier: Tier): readonly ResolvedModel[] {
    const { hosts } = found;
    if (hosts.length === 1) return [found];
    const places = hosts.map((host) => this.find(name, tier, host)).filter((each) => each !== undefined);
    return places.map((each) => ({ ...each, hosts }));
  }

  /** Where a model of this name is and may be, those that answer first. */
  private lookUp(name: string, { model, on }: Lookup = {}): readonly Installed[] | undefined {
    // Ollama's `:latest` is the same as no tag.
    const copies = this.installed.get(name.endsWith(':latest') ? name.slice(0, -':latest'.length) : name) ?? [];
    const place = model?.runtime;
    const fit = copies.filter(
      ({ runtime }) =>
        (on === undefined || runtime === on) && (place === undefined || place === runtime.id || place === runtime.name),
    );
    if (fit.length === 0) return undefined;
    return [...fit.filter(({ runtime }) => this.isUp(runtime)), ...fit.filter(({ runtime }) => !this.isUp(runtime))];
  }

  private lookUpAny(names: readonly string[], where: Lookup): readonly Installed[] | undefined {
    for (const name of names) {
      const found = this.lookUp(name, where);
      if (found) return found;
    }
    return undefined;
  }

  private resolved(
    copies: readonly Installed[],
    model: CatalogModel | undefined,
    shownAs: string,
    fallbackFrom: string | undefined,
  ): ResolvedModel {
    const { uncatalogued } = this.catalog.catalog;
    const [entry] = copies as [Installed];
    return {
      runtime: entry.runtime,
      hosts: copies.map(({ runtime }) => runtime),
      name: entry.model.name,
      installed: entry.model.name,
      label: entry.model.name,
      shownAs,
      fallbackFrom,
      contextLength: model?.contextLength ?? uncatalogued.contextLength,
      slots: model?.parallel ?? entry.runtime.concurrency ?? uncatalogued.parallel,
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
    const installed = new Map<string, Installed[]>();
    for (const entry of lists.flat()) {
      const copies = installed.get(entry.model.name);
      if (copies) copies.push(entry);
      else installed.set(entry.model.name, [entry]);
    }
    this.installed = installed;
    // A list that misses a runtime is not trusted for long.
    this.readAt = performance.now() - (this.failures.size > 0 ? FRESH_MS - RETRY_MS : 0);
  }

  /** The models of one runtime; the last known ones when it does not answer. */
  private async listOf(runtime: Runtime): Promise<Installed[]> {
    const known = [...this.installed.values()].flat().filter((entry) => entry.runtime === runtime);
    // Nobody waits for one that is known to be down, unless nothing is known of it.
    if (!this.isUp(runtime) && this.failures.has(runtime.id)) return known;
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
      return known;
    }
  }

  private notFound(name: string): ApiError {
    const [failure] = this.failures.values();
    if (failure) return failure;
    const hasOllama = this.runtimes.some((runtime) => runtime.name === 'ollama');
    return modelNotFound(missingModel(name, this.catalog, this.installedNames, hasOllama));
  }
}

function nameOf([entry]: readonly Installed[]): string {
  return (entry as Installed).model.name;
}
