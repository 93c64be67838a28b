import type { LoadPlan, ModelCapabilities, ModelMetadata, ModelPurpose, Runtime } from '../runtime/runtime.contract.js';
import type { MemoryPool, ModelDemand, ModelKey } from '../scheduler/scheduler.types.js';
import { estimateMemory } from './memory.estimate.js';
import { NeedHistory, type NeedRecord } from './need-history.state.js';

/** A model that is to be used, and how. */
export interface ModelWish {
  readonly runtime: Runtime;
  /** The runtime's name of it. */
  readonly name: string;
  readonly contextLength: number;
  readonly slots: number;
  /** Bytes with that context, where the catalog says so. */
  readonly memory: number | undefined;
  /** How long, ms, it stays in memory without a request; undefined: until its memory is needed. */
  readonly ttlMs?: number | undefined;
  readonly purpose: ModelPurpose;
}

/** A model that could be used: what it takes, and what it can do. */
export interface KnownModel {
  readonly demand: ModelDemand;
  readonly capabilities: ModelCapabilities;
}

/** What a model would need with any context, and its own most. */
export interface ContextNeeds {
  readonly mostTokens: number | undefined;
  needOf(contextLength: number): number;
}

/** Demands kept ready; far more than a catalog has models. */
const MOST_DEMANDS = 1000;

/** The scheduler's name of a model; `name` is the one it is held under. */
export function modelKey(runtime: Pick<Runtime, 'id'>, name: string): ModelKey {
  return `${runtime.id}/${name}`;
}

/** The family of a model, where its runtime has families. */
export function familyOf(runtime: Runtime, name: string): Pick<ModelDemand, 'family'> {
  return runtime.derived ? { family: modelKey(runtime, runtime.derived.baseOf(name)) } : {};
}

function heldKey({ runtime, name, purpose }: ModelWish): ModelKey {
  return modelKey(runtime, runtime.heldAs(name, purpose));
}

function wishKey(wish: ModelWish, contextLength: number): string {
  return [heldKey(wish), contextLength, wish.contextLength, wish.slots, wish.memory, wish.ttlMs].join('|');
}

/** Knows what models need, and learns it from every load. */
export class ModelDemands {
  private readonly history = new NeedHistory();
  private readonly ready = new Map<string, KnownModel>();
  /** What was computed for the demands that were given out, for comparison. */
  private readonly predictions = new WeakMap<ModelDemand, number>();
  private changes = 0;

  /**
   * What the model can do and would need: as measured when it was loaded like this, else as the catalog says, else computed from
   * what it is made of. The context is at most the model's own. At once when it is known, else after asking the runtime.
   * @param contextLength tokens of context, where they are not those of the wish
   */
  known(
    wish: ModelWish,
    pool: MemoryPool,
    signal: AbortSignal,
    contextLength = wish.contextLength,
  ): KnownModel | Promise<KnownModel> {
    return this.ready.get(wishKey(wish, contextLength)) ?? this.work(wish, { pool, contextLength, signal });
  }

  /** What the model would need with other contexts. */
  async needs(wish: ModelWish, signal: AbortSignal): Promise<ContextNeeds> {
    const metadata = await wish.runtime.describe(wish.name, signal, wish.purpose);
    return {
      mostTokens: metadata.contextLength,
      needOf: (contextLength) => this.needOf(wish, metadata, contextLength).needBytes,
    };
  }

  /** A model that was loaded like this takes so much. */
  learn(demand: ModelDemand, bytes: number): NeedRecord {
    const predicted = this.predictions.get(demand) ?? demand.needBytes;
    const record = this.history.loaded(demand.key, demand, { predicted, bytes });
    this.refresh(demand.key);
    return record;
  }

  /** A model that was loaded like this has come to take so much. */
  grown(demand: ModelDemand, bytes: number): NeedRecord | undefined {
    const record = this.history.grown(demand.key, demand, bytes);
    this.refresh(demand.key);
    return record;
  }

  /** Asks the runtime anew when the model is wanted again. */
  refresh(key: ModelKey): void {
    this.changes += 1;
    for (const id of this.ready.keys()) if (id.startsWith(`${key}|`)) this.ready.delete(id);
  }

  /** There is another model under its name, or none: what was measured is no longer true. */
  replaced(key: ModelKey): void {
    this.history.forget(key);
    this.refresh(key);
  }

  private async work(
    wish: ModelWish,
    { pool, contextLength, signal }: { pool: MemoryPool; contextLength: number; signal: AbortSignal },
  ): Promise<KnownModel> {
    const { changes } = this;
    const metadata = await wish.runtime.describe(wish.name, signal, wish.purpose);
    const length = Math.min(contextLength, metadata.contextLength ?? Infinity);
    const { needBytes, predicted } = this.needOf(wish, metadata, length);
    const { runtime, slots, ttlMs } = wish;
    const demand: ModelDemand = {
      key: heldKey(wish),
      pool,
      needBytes,
      slots,
      contextLength: length,
      ...(ttlMs === undefined ? {} : { ttlMs }),
      ...familyOf(runtime, wish.name),
    };
    this.predictions.set(demand, predicted);
    const known: KnownModel = { demand, capabilities: metadata.capabilities };
    if (this.ready.size >= MOST_DEMANDS) this.ready.clear();
    // What changed meanwhile may make this one old before it is used.
    if (changes === this.changes) this.ready.set(wishKey(wish, contextLength), known);
    return known;
  }

  /** The need with this context, and what is computed without regard to what is known better. */
  private needOf(
    wish: ModelWish,
    metadata: ModelMetadata,
    contextLength: number,
  ): { readonly needBytes: number; readonly predicted: number } {
    const { slots, memory, runtime } = wish;
    const plan: LoadPlan = { name: runtime.heldAs(wish.name, wish.purpose), contextLength, slots };
    const key = heldKey(wish);
    const predicted = estimateMemory(metadata, plan);
    const measured = this.history.of(key, plan)?.most;
    if (measured !== undefined) return { needBytes: measured, predicted };
    if (memory === undefined) return { needBytes: predicted + this.history.shortfall(key), predicted };
    // The catalog speaks of the context it configures; a larger one takes more.
    const configured = Math.min(wish.contextLength, metadata.contextLength ?? Infinity);
    const more = predicted - estimateMemory(metadata, { ...plan, contextLength: configured });
    return { needBytes: memory + Math.max(0, more), predicted };
  }
}
