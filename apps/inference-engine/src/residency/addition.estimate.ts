import type { LoadPlan, ModelMetadata } from '../runtime/runtime.contract.js';
import { estimateMemory } from './memory.estimate.js';

function planKey({ name, contextLength, slots, lora }: LoadPlan): string {
  return `${name}|${lora?.path}|${contextLength}|${slots}`;
}

/**
 * Bytes that a LoRA adds to a loaded model: its weights, and a cache of its own for every slot, as what was cached
 * without it is of no use with it.
 */
function estimateAddition(metadata: ModelMetadata, plan: LoadPlan, weightsBytes: number): number {
  const { lora: _, ...held } = plan;
  // What a process takes before anything of the model is there already.
  const empty = estimateMemory({ ...metadata, weightsBytes: 0 }, { ...held, slots: 0 });
  return weightsBytes + estimateMemory({ ...metadata, weightsBytes: 0 }, held) - empty;
}

/** What adapters add to loaded models: as measured, else as computed. */
export class AdditionEstimates {
  private readonly measured = new Map<string, number>();

  /** Bytes that the adapter of the plan would add. */
  of(metadata: ModelMetadata, plan: LoadPlan, weightsBytes: number): number {
    return this.measured.get(planKey(plan)) ?? estimateAddition(metadata, plan, weightsBytes);
  }

  /** The adapter of the plan added so much. */
  learn(plan: LoadPlan, bytes: number): void {
    this.measured.set(planKey(plan), bytes);
  }
}
