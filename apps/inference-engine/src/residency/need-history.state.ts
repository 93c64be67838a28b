import type { LoadPlan } from '../runtime/runtime.contract.js';
import type { ModelKey } from '../scheduler/scheduler.types.js';

/** The part of a load plan that decides what a model takes. */
export type PlanSize = Pick<LoadPlan, 'contextLength' | 'slots'>;

/** What was computed and what was found for one way of loading a model, in bytes. */
export interface NeedRecord {
  readonly predicted: number;
  /** Just after the load. */
  readonly atLoad: number;
  /** The most that was seen. */
  readonly most: number;
}

/** Figures right after a load that differ by less than this are of the same model, held in the same way. */
const SAME = 0.05;
/** A model that takes this much more than it was given room for is worth telling. */
const LIE = 1.1;

/** Whether a model takes clearly more than it was given room for. */
export function isBeyond(bytes: number, bookedBytes: number): boolean {
  return bytes > bookedBytes * LIE;
}

/** Remembers what models took, by how they were loaded. */
export class NeedHistory {
  private readonly records = new Map<ModelKey, Map<string, NeedRecord>>();

  /** What is known of this way of loading. */
  of(key: ModelKey, size: PlanSize): NeedRecord | undefined {
    return this.records.get(key)?.get(nameOf(size));
  }

  /**
   * A load ended. What the model grew to before is kept, unless it now begins with clearly more or less: then it is
   * another one, or the runtime holds it otherwise.
   */
  loaded(key: ModelKey, size: PlanSize, { predicted, bytes }: { predicted: number; bytes: number }): NeedRecord {
    const before = this.of(key, size);
    const same = before !== undefined && Math.abs(bytes - before.atLoad) <= before.atLoad * SAME;
    const most = same ? Math.max(before.most, bytes) : bytes;
    return this.set(key, size, { predicted, atLoad: bytes, most });
  }

  /** The model takes so much while it is in memory. */
  grown(key: ModelKey, size: PlanSize, bytes: number): NeedRecord | undefined {
    const before = this.of(key, size);
    return before && this.set(key, size, { ...before, most: Math.max(before.most, bytes) });
  }

  /** By how much predictions for this model were too low, at worst; 0 when they were not. */
  shortfall(key: ModelKey): number {
    const short = [...(this.records.get(key)?.values() ?? [])].map(({ predicted, most }) => most - predicted);
    return Math.max(0, ...short);
  }

  /** There is another model under this name, or none. */
  forget(key: ModelKey): void {
    this.records.delete(key);
  }

  private set(key: ModelKey, size: PlanSize, record: NeedRecord): NeedRecord {
    let plans = this.records.get(key);
    if (plans === undefined) this.records.set(key, (plans = new Map<string, NeedRecord>()));
    plans.set(nameOf(size), record);
    return record;
  }
}

function nameOf({ contextLength, slots }: PlanSize): string {
  return `${contextLength}x${slots}`;
}
