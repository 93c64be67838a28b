import type {
  ChangeStatus,
  DecisionStatus,
  EngineStatus,
  ModelQueueStatus,
  PoolStatus,
  ResidentStatus,
  RuntimeStatus,
  Tier,
  TierQueueStatus,
} from '@local-llm-agent/contracts';
import { TIERS } from '@local-llm-agent/contracts';
import type { TierConfig } from '@local-llm-agent/config';
import { poolOf, type ModelKey, type Resident, type SchedulerSnapshot } from '../scheduler/scheduler.types.js';

/** A model by the name that people know, and the runtime that holds it. */
export interface ModelName {
  readonly model: string;
  readonly runtime: string;
  /** What this load of it is for; null where one load serves every purpose. */
  readonly purpose: 'generation' | 'embedding' | null;
}

/** What is known of a pool besides its residents. Bytes; without end where nothing is known. */
export interface PoolFacts {
  readonly id: string;
  readonly budgetBytes: number | undefined;
  readonly reserveBytes: number;
  readonly availableBytes: number;
}

/** All that the state of the engine is made from. */
export interface StatusFacts {
  /** Time of the scheduler's clock, ms. */
  readonly now: number;
  /** Unix time, ms, at that moment. */
  readonly unixMs: number;
  readonly startedUnixMs: number;
  readonly running: number;
  readonly runtimes: readonly RuntimeStatus[];
  readonly pools: readonly PoolFacts[];
  readonly tiers: Readonly<Record<Tier, Pick<TierConfig, 'queueLength' | 'maxWaitSeconds'>>>;
  readonly snapshot: SchedulerSnapshot;
  readonly nameOf: (key: ModelKey) => ModelName;
}
