import { ApiError, backendUnavailable, modelNotFound, type EngineModel, type Tier } from '@local-llm-agent/contracts';
import type { CatalogIndex, CatalogModel, ModelDefaults } from '@local-llm-agent/config';
import type { InstalledModel, Runtime } from '../runtime/runtime.contract.js';

/** A model that will answer, and under which name. */
export interface ResolvedModel {
  readonly runtime: Runtime;
  /** Every runtime that has it, this one among them: those that answer first, else in the order of the settings. */
  readonly hosts: readonly Runtime[];
  /** The runtime's name of the model. */
  readonly name: string;
  /** `model` of the answer: the name asked for, unless another model answers. */
  readonly shownAs: string;
  /** The name asked for, when a fallback answers. */
  readonly fallbackFrom: string | undefined;
  readonly contextLength: number;
  readonly slots: number;
  readonly memory: number | undefined;
  readonly defaults: ModelDefaults;
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
      if (found.hosts.length === 1) return place([found]);
      const { hosts } = found;
      const places = hosts.map((host) => this.find(name, tier, host)).filter((each) => each !== undefined);
      return place(places.map((each) => ({ ...each, hosts })));
    };
    if (known) return placed(known);
    return Promise.resolve(reading).then(() => {
      const found = this.find(name, tier);
      if (found) return placed(found);
      throw this.notFound(name);
    });
  }

  /** Every name under which a chat would be answered now. */
  async list(): Promise<EngineModel[]> {
    if (this.stale) await this.refresh();
    const names = new Set<string>();
    for (const model of this.catalog.catalog.models) for (const name of [model.id, ...model.aliases]) names.add(name);
    for (const name of this.installed.keys()) names.add(name);
    return [...names].flatMap((id) => {
      const found = this.find(id, 'small');
      const entry = found && this.installed.get(found.name)?.find(({ runtime }) => runtime === found.runtime);
      if (!found || !entry || found.hosts.every(({ id: host }) => this.failures.has(host))) return [];
      return [
        {
          id,
          created: entry.model.created,
          ownedBy: found.runtime.name,
          servedBy: found.name,
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
   * 2. The model itself, under its id or an alias.
   * 3. Else its fallbacks, in order.
   * @param on the only runtime to look at; every one unless given
   */
  private find(name: string, tier: Tier, on?: Runtime): ResolvedModel | undefined {
    // 1.
    const virtual = this.catalog.isVirtual(name);
    const asked = virtual ? (this.catalog.catalog.tiers[tier].defaultModel ?? this.installedNames[0]) : name;
    if (asked === undefined) return undefined;
    const model = this.catalog.find(asked);
    // 2.
    const own = this.lookUpAny([model?.id ?? asked, ...(model?.aliases ?? [])], { model, on });
    if (own) return this.resolved(own, model, virtual ? nameOf(own) : name, undefined);
    // 3.
    return this.findFallback(model?.fallbacks ?? [], virtual ? undefined : name, on);
  }

  private findFallback(
    fallbacks: readonly string[],
    from: string | undefined,
    on: Runtime | undefined,
  ): ResolvedModel | undefined {
    for (const fallback of fallbacks) {
      const model = this.catalog.find(fallback);
      const found = this.lookUp(model?.id ?? fallback, { model, on });
      if (found) return this.resolved(found, model, nameOf(found), from);
    }
    return undefined;
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
      shownAs,
      fallbackFrom,
      contextLength: model?.contextLength ?? uncatalogued.contextLength,
      slots: model?.parallel ?? entry.runtime.concurrency ?? uncatalogued.parallel,
      memory: model?.memory,
      defaults: model?.defaults ?? {},
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
    const names = this.installedNames;
    const there =
      names.length === 0
        ? 'No model is installed.'
        : `Installed: ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', ...' : ''}.`;
    const how = this.runtimes.some((runtime) => runtime.name === 'ollama')
      ? `run 'ollama pull NAME'`
      : 'put its GGUF file into MODELS_DIR';
    return modelNotFound(`The model '${name}' is not installed. ${there} To add a model, ${how}.`);
  }
}

function nameOf([entry]: readonly Installed[]): string {
  return (entry as Installed).model.name;
}
