import type { ModelPlan, Tier } from '@local-llm-agent/contracts';
import type { CatalogModel } from '@local-llm-agent/config';
import { toCapabilityNames } from '../runtime/capability-names.translate.js';
import type { ModelCapabilities } from '../runtime/runtime.contract.js';
import type { ModelDemand, Resident } from '../scheduler/scheduler.types.js';

/** All that is known of one model. */
export interface PlanFacts {
  readonly id: string;
  readonly tier: Tier;
  /** Its entry in the catalog, and the names of adapters over it. */
  readonly entry: CatalogModel | undefined;
  readonly adapters: readonly string[];
  /** Ids of the runtimes that have it; the first is told of. */
  readonly runtimes: readonly string[];
  /** The name under which it, or the base of the adapter, is installed; undefined where it is not. */
  readonly installedAs: string | undefined;
  /** Undefined where its runtime does not tell. */
  readonly capabilities: ModelCapabilities | undefined;
  /** How long its load takes, ms; undefined where it was never measured. */
  readonly loadMs: number | undefined;
  /** What it would take; undefined where it is not installed, or its runtime does not tell. */
  readonly demand: ModelDemand | undefined;
  readonly resident: Resident | undefined;
  readonly pinned: boolean;
  /** Names of those that would leave for it; undefined where it does not fit at all. */
  readonly leavers: readonly string[] | undefined;
}

/** What the model would take to be in memory, as operators see it. */
export function toModelPlan(facts: PlanFacts): ModelPlan {
  const { id, tier, adapters, runtimes, resident, leavers } = facts;
  const demand = resident?.demand ?? facts.demand;
  return {
    id,
    tier,
    ...catalogFields(facts),
    adapters: [...adapters],
    runtimes: [...runtimes],
    runtime: runtimes[0] ?? null,
    installedAs: facts.installedAs ?? null,
    capabilities: facts.capabilities ? toCapabilityNames(facts.capabilities) : [],
    loadMs: facts.loadMs === undefined ? null : Math.round(facts.loadMs),
    ...needFields(demand, resident),
    state: resident?.phase ?? 'absent',
    fit: demand ? fitOf(leavers) : null,
    leaves: [...(leavers ?? [])],
  };
}

type CatalogFields = Pick<ModelPlan, 'aliases' | 'description' | 'preload' | 'pinned' | 'ttlSeconds'>;

function catalogFields({ entry, pinned }: PlanFacts): CatalogFields {
  if (!entry) return { aliases: [], description: null, preload: false, pinned, ttlSeconds: null };
  const { aliases, description, preload, ttlSeconds = null } = entry;
  return { aliases: [...aliases], description, preload, pinned, ttlSeconds };
}

type NeedFields = Pick<ModelPlan, 'pool' | 'contextLength' | 'slots' | 'needBytes'>;

function needFields(demand: ModelDemand | undefined, resident: Resident | undefined): NeedFields {
  if (!demand) return { pool: null, contextLength: null, slots: null, needBytes: null };
  const { pool = 'local', contextLength, slots, needBytes } = demand;
  return { pool, contextLength, slots, needBytes: resident?.bytes ?? needBytes };
}

function fitOf(leavers: readonly string[] | undefined): ModelPlan['fit'] {
  if (!leavers) return 'too_large';
  return leavers.length === 0 ? 'fits' : 'makes_room';
}
