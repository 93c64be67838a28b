import type {
  ChangeStatus,
  DecisionCause,
  DecisionStatus,
  EngineStatus,
  ModelQueueStatus,
  PoolStatus,
  ResidentStatus,
  RuntimeStatus,
  StrangerStatus,
  Tier,
  TierQueueStatus,
} from '@local-llm-agent/contracts';
import { TIERS } from '@local-llm-agent/contracts';
import type { TierConfig } from '@local-llm-agent/config';
import {
  poolOf,
  type Cause,
  type ModelKey,
  type Resident,
  type SchedulerSnapshot,
} from '../scheduler/scheduler.types.js';

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
  readonly strangers: readonly StrangerStatus[];
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

/** JSON has no number without end. */
const bounded = (value: number): number | null => (Number.isFinite(value) ? Math.max(0, Math.round(value)) : null);

/** The state of the engine, as operators see it. */
export function toStatus(facts: StatusFacts): EngineStatus {
  const { snapshot } = facts;
  return {
    time: new Date(facts.unixMs).toISOString(),
    startedAt: new Date(facts.startedUnixMs).toISOString(),
    running: facts.running,
    runtimes: [...facts.runtimes],
    pools: facts.pools.map((pool) => toPool(pool, snapshot.residents)),
    residents: snapshot.residents.map((resident) => toResident(resident, facts)),
    queue: { tiers: TIERS.map((tier) => toTierQueue(tier, facts)), models: toModelQueues(facts) },
    changes: toChanges(facts),
    decisions: toDecisions(facts),
  };
}

/** A time of the scheduler's clock as ISO 8601. */
function timeOf(at: number, { now, unixMs }: StatusFacts): string {
  return new Date(unixMs - (now - at)).toISOString();
}

function elapsed(since: number | undefined, { now }: StatusFacts): number {
  return since === undefined ? 0 : Math.max(0, Math.round(now - since));
}

function toPool(pool: PoolFacts, residents: readonly Resident[]): PoolStatus {
  const held = residents.filter(({ demand }) => poolOf(demand) === pool.id);
  const residentBytes = held.reduce((sum, { bytes }) => sum + bytes, 0);
  const availableBytes = bounded(pool.availableBytes);
  return {
    id: pool.id,
    budgetBytes: pool.budgetBytes ?? null,
    reserveBytes: pool.reserveBytes,
    residentBytes,
    availableBytes,
    totalBytes: availableBytes === null ? null : availableBytes + residentBytes,
    strangers: [...pool.strangers],
  };
}

function toResident(resident: Resident, facts: StatusFacts): ResidentStatus {
  const { demand, phase, bytes, slotsInUse } = resident;
  const { snapshot } = facts;
  const waiting = snapshot.queues.filter(({ key }) => key === demand.key);
  const idle = phase === 'ready' && slotsInUse === 0;
  const loadMs = snapshot.loadTimes[demand.key];
  return {
    ...facts.nameOf(demand.key),
    pool: poolOf(demand),
    phase,
    since: timeOf(resident.since, facts),
    bytes,
    contextLength: demand.contextLength,
    slots: demand.slots,
    slotsInUse,
    waiting: waiting.reduce((sum, { count }) => sum + count, 0),
    pinned: snapshot.pinned.includes(demand.key),
    idleSince: idle ? timeOf(resident.lastUsedAt, facts) : null,
    ttlSeconds: demand.ttlMs === undefined ? null : demand.ttlMs / 1000,
    loadMs: loadMs === undefined ? null : Math.round(loadMs),
  };
}

function toTierQueue(tier: Tier, facts: StatusFacts): TierQueueStatus {
  const { queueLength, maxWaitSeconds } = facts.tiers[tier];
  const queues = facts.snapshot.queues.filter((queue) => queue.tier === tier);
  const oldest = queues.length === 0 ? undefined : Math.min(...queues.map(({ oldestArrivedAt }) => oldestArrivedAt));
  return {
    tier,
    waiting: facts.snapshot.waiting[tier],
    limit: queueLength,
    oldestWaitMs: elapsed(oldest, facts),
    maxWaitMs: maxWaitSeconds * 1000,
  };
}

function toModelQueues(facts: StatusFacts): ModelQueueStatus[] {
  const oldestFirst = [...facts.snapshot.queues].sort((a, b) => a.oldestArrivedAt - b.oldestArrivedAt);
  return oldestFirst.map(({ key, tier, count, callers, oldestArrivedAt }) => {
    const { model, runtime } = facts.nameOf(key);
    return { model, runtime, tier, waiting: count, callers, oldestWaitMs: elapsed(oldestArrivedAt, facts) };
  });
}

function toChanges(facts: StatusFacts): ChangeStatus[] {
  return facts.snapshot.flights.flatMap(({ pool, type, keys, startedAt, expectedMs }) =>
    keys.map((key): ChangeStatus => {
      const { model, runtime } = facts.nameOf(key);
      return {
        what: type === 'loading' ? 'load' : 'unload',
        model,
        runtime,
        pool,
        startedAt: timeOf(startedAt, facts),
        elapsedMs: elapsed(startedAt, facts),
        expectedMs: expectedMs === undefined ? null : Math.round(expectedMs),
      };
    }),
  );
}

function toDecisions(facts: StatusFacts): DecisionStatus[] {
  return facts.snapshot.decisions.toReversed().map(({ at, type, key, count, reason, cause }) => {
    const { model, runtime } = facts.nameOf(key);
    return { time: timeOf(at, facts), what: type, model, runtime, count, reason, cause: toCause(cause, facts) };
  });
}

/** The same with the names that people know, and whole milliseconds. */
function toCause(cause: Cause, { nameOf }: StatusFacts): DecisionCause {
  const named = (keys: readonly ModelKey[]): string[] => keys.map((key) => nameOf(key).model);
  switch (cause.code) {
    case 'overdue': {
      const { key, waitedMs, boundMs, ...rest } = cause;
      return { ...rest, waitedMs: Math.round(waitedMs), boundMs: Math.round(boundMs), models: named([key]) };
    }
    case 'requests':
    case 'adapter': {
      const { key, ...rest } = cause;
      return { ...rest, models: named([key]) };
    }
    case 'pinned':
      return { code: cause.code, models: named(cause.keys) };
    case 'idle':
      return { code: cause.code, idleMs: Math.round(cause.idleMs) };
    case 'too_large':
    case 'queue_full':
    case 'failed': {
      const { message: _inReason, ...rest } = cause;
      return rest;
    }
    case 'unwanted':
    case 'memory_pressure':
      return cause;
  }
}
