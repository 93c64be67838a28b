import { ApiError, modelNotFound, type EngineModel, type Tier } from '@local-llm-agent/contracts';
import {
  isAdapted,
  namesOf,
  type AdaptedModel,
  type CatalogIndex,
  type CatalogModel,
  type ModelDefaults,
} from '@local-llm-agent/config';
import type { LoraAdapter, Runtime } from '../runtime/runtime.contract.js';
import { missingModel, upstreamNames } from './adapter.names.js';
import { InstalledModels, type Copies } from './installed-models.service.js';

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
  /** How long, ms, it stays in memory without a request; undefined: until its memory is needed. */
  readonly ttlMs: number | undefined;
  readonly defaults: ModelDefaults;
  /** What an adapter tells the model before the client's own system message. */
  readonly system: string | undefined;
  /** What an adapter puts over the loaded model; undefined where the model under this name has it already. */
  readonly lora: LoraAdapter | undefined;
}

/** A model that was looked up and not asked for. */
export interface LookedUp extends ResolvedModel {
  /** False for an adapter whose model its runtime has yet to make: `name` is its base then, and it is not in memory. */
  readonly isMade: boolean;
}

/** The same model on every runtime that has it; the usual one first. */
export type Places = readonly [ResolvedModel, ...ResolvedModel[]];

/** Chooses among the runtimes that have a model; at least one. Rejects when none can be used. */
export type Place = (places: Places) => ResolvedModel | Promise<ResolvedModel>;

/** Knows which models are installed in the runtimes, and finds the one that answers for a name. */
export class ModelDirectory {
  private readonly installed: InstalledModels;

  /** @param isUp whether a runtime answers, as far as is known */
  constructor(
    private readonly runtimes: readonly Runtime[],
    private readonly catalog: CatalogIndex,
    isUp: (runtime: Runtime) => boolean = () => true,
  ) {
    this.installed = new InstalledModels(runtimes, isUp);
  }

  /**
   * The model that answers for this name: itself, the target of the alias, a tier's default, or a configured fallback.
   * Throws `model_not_found`, or `backend_unavailable` when a runtime that may have it does not answer.
   * @param place chooses where it answers; the first place unless given
   */
  resolve(name: string, tier: Tier, place: Place = ([first]) => first): ResolvedModel | Promise<ResolvedModel> {
    const known = this.find(name, tier);
    // What is known is used while the list is read again: a slow runtime must not hold up requests for its models.
    const reading = this.installed.stale || !known ? this.installed.refresh() : undefined;
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
   * The model itself under this name, at the first place that has it: never a fallback, and nothing is made for it. Throws
   * as {@link resolve} does. For what looks at a model or takes it out of memory; a request wants {@link resolve}.
   */
  async look(name: string, tier: Tier): Promise<LookedUp> {
    const isHere = (found: ResolvedModel | undefined): boolean => found !== undefined && !found.fallbackFrom;
    const known = this.find(name, tier);
    const reading = this.installed.stale || !isHere(known) ? this.installed.refresh() : undefined;
    if (!isHere(known)) await reading;
    const found = this.find(name, tier);
    if (!found || !isHere(found)) throw this.notFound(name);
    const { runtime, lora, installed } = found;
    if (!runtime.derived || !lora) return { ...found, isMade: true };
    const made = runtime.derived.made(installed, lora);
    return made === undefined ? { ...found, isMade: false } : { ...found, name: made, lora: undefined, isMade: true };
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
    if (this.installed.stale) await this.installed.refresh();
    const names = new Set<string>();
    for (const model of this.catalog.models) for (const name of namesOf(model)) names.add(name);
    for (const name of this.installed.names) names.add(name);
    return [...names].flatMap((id) => {
      const found = this.find(id, 'small');
      const [entry] = (found && this.installed.copiesOf(found.installed, (host) => host === found.runtime)) ?? [];
      if (!found || !entry || !found.hosts.some((host) => this.installed.isListed(host))) return [];
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

  /** The names of all that is installed, as far as is known. */
  get installedNames(): readonly string[] {
    return this.installed.names;
  }

  /** The installed model of exactly this name, never by an alias. Throws `model_not_found`, as {@link resolve} does. */
  async installedAs(name: string): Promise<{ readonly runtime: Runtime; readonly name: string }> {
    const copies = await this.copiesOf(name);
    const [{ runtime, model }] = copies;
    return { runtime, name: model.name };
  }

  /** Every runtime that has an installed model of exactly this name. Throws `model_not_found`, as {@link resolve} does. */
  async copiesOf(name: string): Promise<Copies> {
    if (this.installed.stale || !this.installed.copiesOf(name)) await this.installed.refresh();
    const copies = this.installed.copiesOf(name);
    if (!copies) throw this.notFound(name);
    return copies;
  }

  /** Forgets the list, so that the next request reads it again. */
  forget(): void {
    this.installed.forget();
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
    const asked = virtual ? (this.catalog.catalog.tiers[tier].defaultModel ?? this.installed.names[0]) : name;
    if (asked === undefined) return undefined;
    const model = this.catalog.find(asked);
    // 2.
    const shownAs = (own: string): string => (virtual ? own : name);
    if (model && isAdapted(model)) {
      const adapted = this.findAdapted(model, shownAs(model.id), on);
      if (adapted) return adapted;
    } else {
      const own = this.lookUp(model ? namesOf(model) : [asked], model, on);
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
      const found = this.lookUp([fallback?.id ?? name], fallback, on);
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
    const listed = upstreamNames(model).map((name) =>
      this.installed.copiesOf(name, (runtime) => runtime.name === 'openai' && (on ?? runtime) === runtime),
    );
    const upstream = listed.find((copies) => copies !== undefined);
    if (upstream) return { ...this.resolved(upstream, model, shownAs, undefined), system };
    // 2.
    if (lora === undefined && system === undefined) return undefined;
    const able = this.lookUp(namesOf(base), base, on, (runtime) => {
      return lora === undefined || runtime.attachments !== undefined || runtime.derived !== undefined;
    });
    if (!able) return undefined;
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

  private places(found: ResolvedModel, name: string, tier: Tier): Places {
    const { hosts, runtime } = found;
    const others = hosts.filter((host) => host !== runtime).flatMap((host) => this.find(name, tier, host) ?? []);
    return [found, ...others.map((other) => ({ ...other, hosts }))];
  }

  /** Where a model of one of these names is and may be: the catalog may say where. */
  private lookUp(
    names: readonly string[],
    model: CatalogModel | undefined,
    on: Runtime | undefined,
    isAble: (runtime: Runtime) => boolean = () => true,
  ): Copies | undefined {
    const place = model?.runtime;
    const mayUse = (runtime: Runtime): boolean =>
      (on ?? runtime) === runtime && (place === undefined || place === runtime.id || place === runtime.name);
    for (const name of names) {
      const copies = this.installed.copiesOf(name, (runtime) => mayUse(runtime) && isAble(runtime));
      if (copies) return copies;
    }
    return undefined;
  }

  private resolved(
    copies: Copies,
    model: CatalogModel | undefined,
    shownAs: string,
    fallbackFrom: string | undefined,
  ): ResolvedModel {
    const { uncatalogued } = this.catalog.catalog;
    const [entry] = copies;
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
      ttlMs: model?.ttlSeconds === undefined ? undefined : model.ttlSeconds * 1000,
      defaults: model?.defaults ?? {},
      system: undefined,
      lora: undefined,
    };
  }

  private notFound(name: string): ApiError {
    const { failure } = this.installed;
    if (failure) return failure;
    const hasOllama = this.runtimes.some((runtime) => runtime.name === 'ollama');
    return modelNotFound(missingModel(name, this.catalog, this.installed.names, hasOllama));
  }
}

function nameOf([{ model }]: Copies): string {
  return model.name;
}
