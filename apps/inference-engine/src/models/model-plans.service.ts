import { Inject, Injectable } from '@nestjs/common';
import type { ModelPlan } from '@local-llm-agent/contracts';
import { isAdapted, namesOf, type CatalogIndex } from '@local-llm-agent/config';
import { CATALOG_TOKEN } from '../engine.tokens.js';
import type { KnownModel } from '../residency/model-demand.service.js';
import { ModelDirectory, type LookedUp, type ResolvedModel } from '../residency/model.directory.js';
import { ResidencyService } from '../residency/residency.service.js';
import type { Runtime } from '../runtime/runtime.contract.js';
import type { ModelKey } from '../scheduler/scheduler.types.js';
import { SchedulerService } from '../scheduler/scheduler.service.js';
import { heldKeys } from './model-management.service.js';
import { toModelPlan } from './model-plan.translate.js';

/** A model that is installed, and what it would take where that is known. */
interface Found {
  readonly hosts: readonly Runtime[];
  /** Under which it may be in memory. */
  readonly keys: readonly ModelKey[];
  /** The name under which it, or the base of the adapter, is installed. */
  readonly installedAs: string;
  /** What it takes and can do; undefined where its runtime does not tell. */
  readonly known: KnownModel | undefined;
}

/** Tells of every model what it would take to have it in memory now. */
@Injectable()
export class ModelPlansService {
  constructor(
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
    private readonly directory: ModelDirectory,
    private readonly residency: ResidencyService,
    private readonly scheduler: SchedulerService,
  ) {}

  /** The models of the catalog, and after them those that are only installed. */
  async plans(signal: AbortSignal): Promise<ModelPlan[]> {
    const served = new Set((await this.directory.list()).map(({ id }) => id));
    const { models } = this.catalog.catalog;
    const named = new Set(models.flatMap(namesOf));
    const ids = [...models.map(({ id }) => id), ...this.directory.installedNames.filter((name) => !named.has(name))];
    const found = new Map<string, Found>();
    await Promise.all(
      ids.map(async (id) => {
        const entry = served.has(id) ? await this.find(id, signal) : undefined;
        if (entry) found.set(id, entry);
      }),
    );
    const ownerOf = new Map([...found].flatMap(([id, { keys }]) => keys.map((key) => [key, id] as const)));
    return ids.map((id) => this.planOf(id, found.get(id), (key) => ownerOf.get(key) ?? key));
  }

  /** What is known of the model, used for what it is made for. */
  async known(model: ResolvedModel, signal: AbortSignal): Promise<KnownModel> {
    const known = await this.residency.known({ ...model, purpose: 'generation' }, signal);
    return known.capabilities.generation ? known : this.residency.known({ ...model, purpose: 'embedding' }, signal);
  }

  /** Undefined where the model itself is not there. What goes wrong with one model is no reason not to tell of the others. */
  private async find(id: string, signal: AbortSignal): Promise<Found | undefined> {
    let model: LookedUp;
    try {
      model = await this.directory.look(id, this.catalog.tierOf(id));
    } catch {
      return undefined;
    }
    const found = { hosts: model.hosts, keys: heldKeys(model), installedAs: model.installed };
    try {
      return { ...found, known: model.isMade ? await this.known(model, signal) : undefined };
    } catch {
      // Its runtime does not tell now; that it is installed is known all the same, and the rest is null.
      return { ...found, known: undefined };
    }
  }

  private planOf(id: string, found: Found | undefined, nameOf: (key: string) => string): ModelPlan {
    const entry = this.catalog.find(id);
    const { residents, pinned, loadTimes } = this.scheduler.snapshot();
    const keys = found?.keys ?? [];
    const demand = found?.known?.demand;
    const resident = residents.find(({ demand }) => keys.includes(demand.key));
    const leavers = demand && !resident ? this.scheduler.leaversFor(demand) : [];
    return toModelPlan({
      id,
      tier: this.catalog.tierOf(id),
      entry,
      adapters: this.catalog.models.filter((each) => isAdapted(each) && each.base === entry).map((each) => each.id),
      runtimes: found?.hosts.map((host) => host.id) ?? [],
      installedAs: found?.installedAs,
      capabilities: found?.known?.capabilities,
      demand,
      loadMs: keys.map((key) => loadTimes[key]).find((ms) => ms !== undefined),
      resident,
      // The scheduler knows what is pinned, the catalog what will be: an operator may have unpinned it since.
      pinned: keys.length > 0 ? keys.some((key) => pinned.includes(key)) : entry?.pinned === true,
      leavers: leavers?.map(nameOf),
    });
  }
}
