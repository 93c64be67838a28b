import { insufficientMemoryForAdapter } from '@local-llm-agent/contracts';
import type { Logger } from '@local-llm-agent/observability';
import type { Attachments, LoraAdapter } from '../runtime/runtime.contract.js';
import type { MemoryPool, ModelDemand, ModelKey } from '../scheduler/scheduler.types.js';
import { AdditionEstimates } from './addition.estimate.js';
import type { MemoryLedger, Room } from './memory-ledger.service.js';
import { within } from './promise.bound.js';

/** An adapter that is to come into memory over a loaded model. */
export interface AttachOrder {
  readonly lora: LoraAdapter;
  /** As {@link AdapterMemory.additionOf} gives it. */
  readonly needBytes: number;
}

/** What the memory of adapters is made with. */
export interface AdapterMemoryOptions {
  readonly ledger: MemoryLedger;
  /** Unloads models that nobody here loaded until so much is free. */
  readonly dropStrangers: (pool: MemoryPool, needBytes: number) => Promise<void>;
  /** Told what the model takes with its adapter. */
  readonly tellMeasured: (key: ModelKey, bytes: number) => void;
  readonly closing: AbortSignal;
  readonly loadTimeoutSeconds: number;
  readonly log: Pick<Logger, 'info'>;
}

/** A loaded model, and where it is. */
export interface HeldPlace {
  readonly room: Room;
  readonly name: string;
}

function isAttached(attachments: Attachments, held: string, { path }: LoraAdapter): boolean {
  return attachments.attached(held).some((lora) => lora.path === path);
}

/** Brings adapters into memory over models that are loaded, and knows what they add. */
export class AdapterMemory {
  private readonly additions = new AdditionEstimates();
  private readonly attaching = new Map<string, Promise<void>>();

  constructor(private readonly options: AdapterMemoryOptions) {}

  /**
   * Bytes that the adapter would add to the loaded model: as measured before, else computed. Undefined when it is there.
   */
  async additionOf(
    { room, name }: HeldPlace,
    demand: ModelDemand,
    lora: LoraAdapter,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { attachments } = room.runtime;
    if (!attachments || isAttached(attachments, name, lora)) return undefined;
    const [metadata, weightsBytes] = await Promise.all([
      room.runtime.describe(name, signal),
      attachments.weightsBytes(lora),
    ]);
    return this.additions.of(
      metadata,
      { name, contextLength: demand.contextLength, slots: demand.slots, lora },
      weightsBytes,
    );
  }

  /** Brings the adapter into memory over its loaded model, unless it is there. Rejects with an ApiError. */
  async attach(place: HeldPlace, demand: ModelDemand, order: AttachOrder, signal: AbortSignal): Promise<void> {
    const id = `${demand.key}|${order.lora.path}`;
    const { closing, loadTimeoutSeconds } = this.options;
    let attaching = this.attaching.get(id);
    if (!attaching) {
      // Its own bound, because others may wait for it besides the one who asked first.
      const bound = AbortSignal.any([closing, AbortSignal.timeout(loadTimeoutSeconds * 1000)]);
      attaching = this.attachNow(place, demand, order, bound).finally(() => this.attaching.delete(id));
      this.attaching.set(id, attaching);
    }
    await within(signal, attaching);
  }

  private async attachNow(
    { room, name }: HeldPlace,
    demand: ModelDemand,
    { lora, needBytes }: AttachOrder,
    signal: AbortSignal,
  ): Promise<void> {
    const { contextLength, slots } = demand;
    const { attachments } = room.runtime;
    if (!attachments || isAttached(attachments, name, lora)) return;
    // A load that was decided counts on the memory it was promised.
    for (const { loads } of this.options.ledger.roomsOf(room.pool)) await within(signal, Promise.allSettled(loads));
    await within(signal, this.options.dropStrangers(room.pool, needBytes));
    const free = this.options.ledger.freeBytes(room.pool);
    if (free < needBytes) throw insufficientMemoryForAdapter(lora.name, needBytes, free);
    room.reservedBytes += needBytes;
    const startedAt = performance.now();
    try {
      const plan = { name, contextLength, slots, lora };
      const { bytes, addedBytes } = await within(signal, attachments.attach(plan, signal));
      this.additions.learn(plan, addedBytes);
      const held = room.held.get(name);
      if (held) {
        held.bytes = Math.max(held.bytes, bytes);
        held.addedBytes += addedBytes;
        this.options.tellMeasured(demand.key, held.bytes);
      }
      const seconds = Math.round(performance.now() - startedAt) / 1000;
      this.options.log.info({ model: lora.name, seconds, needBytes, bytes: addedBytes }, 'adapter attached');
    } finally {
      room.reservedBytes -= needBytes;
    }
  }
}
