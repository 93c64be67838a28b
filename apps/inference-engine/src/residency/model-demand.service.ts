import type { LoadPlan, ModelCapabilities, ModelPurpose, Runtime } from '../runtime/runtime.contract.js';
import type { MemoryPool, ModelDemand, ModelKey } from '../scheduler/scheduler.types.js';
import { estimateMemory } from './memory.estimate.js';

/** A model that is to be used, and how. */
export interface ModelWish {
  readonly runtime: Runtime;
  /** The runtime's name of it. */
  readonly name: string;
  readonly contextLength: number;
  readonly slots: number;
  /** Bytes, where the catalog says so. */
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

/** Demands kept ready; far more than a catalog has models. */
const MOST_DEMANDS = 1000;

/** The scheduler's name of a model; `name` is the one it is held under. */
export function modelKey(runtime: Pick<Runtime, 'id'>, name: string): ModelKey {
  return `${runtime.id}/${name}`;
}

function planKey(key: ModelKey, plan: Pick<LoadPlan, 'contextLength' | 'slots'>): string {
  return `${key}|${plan.contextLength}|${plan.slots}`;
}

function heldKey({ runtime, name, purpose }: ModelWish): ModelKey {
  return modelKey(runtime, runtime.heldAs(name, purpose));
}

function wishKey(wish: ModelWish): string {
  return `${planKey(heldKey(wish), wish)}|${wish.memory}`;
}

/** Knows what models need, and learns it from every load. */
export class ModelDemands {
  /** Model, context and slots -> bytes it really took. */
  private readonly measured = new Map<string, number>();
  private readonly ready = new Map<string, KnownModel>();
  private changes = 0;

  /**
   * What the model can do and would need: as measured when it was loaded like this, else as the catalog says, else computed from
   * what it is made of. The context is at most the model's own. At once when it is known, else after asking the runtime.
   */
  known(wish: ModelWish, pool: MemoryPool, signal: AbortSignal): KnownModel | Promise<KnownModel> {
    return this.ready.get(wishKey(wish)) ?? this.work(wish, pool, signal);
  }

  /** A model that was loaded like this takes so much. */
  learn(demand: ModelDemand, bytes: number): void {
    this.measured.set(planKey(demand.key, demand), bytes);
    this.refresh(demand.key);
  }

  /** Asks the runtime anew when the model is wanted again: there may be another one under its name by then. */
  refresh(key: ModelKey): void {
    this.changes += 1;
    for (const id of this.ready.keys()) if (id.startsWith(`${key}|`)) this.ready.delete(id);
  }

  private async work(wish: ModelWish, pool: MemoryPool, signal: AbortSignal): Promise<KnownModel> {
    const { runtime, slots, memory } = wish;
    const key = heldKey(wish);
    const { changes } = this;
    const metadata = await runtime.describe(wish.name, signal);
    const contextLength = Math.min(wish.contextLength, metadata.contextLength ?? Infinity);
    const plan: LoadPlan = { name: runtime.heldAs(wish.name, wish.purpose), contextLength, slots };
    const needBytes = this.measured.get(planKey(key, plan)) ?? memory ?? estimateMemory(metadata, plan);
    const family = runtime.derived && { family: modelKey(runtime, runtime.derived.baseOf(wish.name)) };
    const known: KnownModel = {
      demand: {
        key,
        pool,
        needBytes,
        slots,
        contextLength,
        ...(wish.ttlMs === undefined ? {} : { ttlMs: wish.ttlMs }),
        ...family,
      },
      capabilities: metadata.capabilities,
    };
    if (this.ready.size >= MOST_DEMANDS) this.ready.clear();
    // What changed meanwhile may make this one old before it is used.
    if (changes === this.changes) this.ready.set(wishKey(wish), known);
    return known;
  }
}
