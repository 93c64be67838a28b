import { backendUnavailable, insufficientMemoryForAdapter } from '@local-llm-agent/contracts';
import type { Logger } from '@local-llm-agent/observability';
import { within } from '@local-llm-agent/http';
import type { Attachments, LoraAdapter, Runtime } from '../runtime/runtime.contract.js';
import { poolOf, type MemoryPool, type ModelDemand, type ModelKey } from '../scheduler/scheduler.types.js';
import { AdditionEstimates } from './addition.estimate.js';

/** What an adapter added to a loaded model, and what that takes now; in bytes. */
export interface Addition {
  readonly addedBytes: number;
  readonly bytes: number;
}

/** What is needed of the residency. */
export interface AdditionHost {
  runtimeOf(key: ModelKey): Runtime;
  /** Bytes that the pool could give now, with no model gone that was loaded from here. */
  availableBytes(pool: MemoryPool): number;
  /**
   * Books the bytes at once, makes room for them, carries out the change with the bytes there are, and takes note that
   * the model takes more then.
   */
  attaching(key: ModelKey, needBytes: number, attach: (availableBytes: number) => Promise<Addition>): Promise<void>;
}

/** What it is made with. */
export interface AdditionOptions {
  readonly loadTimeoutSeconds: number;
  readonly log: Pick<Logger, 'info'>;
  /** Ends what is under way. */
  readonly closing: AbortSignal;
}

/** An adapter that is to come into memory over a loaded model. */
export interface AttachOrder {
  readonly lora: LoraAdapter;
  /** As {@link AdditionService.needOf} gives it. */
  readonly needBytes: number;
}

function isAttached(attachments: Attachments, held: string, { path }: LoraAdapter): boolean {
  return attachments.attached(held).some((lora) => lora.path === path);
}

/** Brings adapters into memory over models that are there. */
export class AdditionService {
  private readonly estimates = new AdditionEstimates();
  private readonly attaching = new Map<string, Promise<void>>();

  constructor(
    private readonly host: AdditionHost,
    private readonly options: AdditionOptions,
  ) {}

  /** Bytes that the adapter would add to the loaded model: as measured before, else computed. Undefined when it is there. */
  async needOf(demand: ModelDemand, lora: LoraAdapter, signal: AbortSignal): Promise<number | undefined> {
    const runtime = this.host.runtimeOf(demand.key);
    const { name, contextLength, slots } = this.planOf(demand);
    const { attachments } = runtime;
    if (!attachments || isAttached(attachments, name, lora)) return undefined;
    const [metadata, weightsBytes] = await Promise.all([
      runtime.describe(name, signal),
      attachments.weightsBytes(lora),
    ]);
    return this.estimates.of(metadata, { name, contextLength, slots, lora }, weightsBytes);
  }

  /** Brings the adapter into memory over its loaded model, unless it is there. Rejects with an ApiError. */
  async attach(demand: ModelDemand, order: AttachOrder, signal: AbortSignal): Promise<void> {
    const id = `${demand.key}|${order.lora.path}`;
    let attaching = this.attaching.get(id);
    if (!attaching) {
      attaching = this.attachInTime(demand, order).finally(() => this.attaching.delete(id));
      this.attaching.set(id, attaching);
    }
    await within(signal, attaching);
  }

  /** Bounded for itself, because others may wait for it besides the one who asked first. */
  private async attachInTime(demand: ModelDemand, order: AttachOrder): Promise<void> {
    const { loadTimeoutSeconds, closing } = this.options;
    const timeout = AbortSignal.timeout(loadTimeoutSeconds * 1000);
    try {
      await this.attachNow(demand, order, AbortSignal.any([closing, timeout]));
    } catch (cause) {
      if (cause !== timeout.reason) throw cause;
      const message = `The adapter ${order.lora.name} did not load within ${loadTimeoutSeconds} s. Try again later, or raise LOAD_TIMEOUT_SECONDS.`;
      throw backendUnavailable(message, { origin: 'runtime', cause });
    }
  }

  private async attachNow(demand: ModelDemand, { lora, needBytes }: AttachOrder, signal: AbortSignal): Promise<void> {
    const { key } = demand;
    const plan = { ...this.planOf(demand), lora };
    const { attachments } = this.host.runtimeOf(key);
    if (!attachments || isAttached(attachments, plan.name, lora)) return;
    const checkRoom = (available: number): void => {
      if (available < needBytes) throw insufficientMemoryForAdapter(lora.name, needBytes, available);
    };
    checkRoom(this.host.availableBytes(poolOf(demand)));
    const startedAt = performance.now();
    await this.host.attaching(key, needBytes, async (available) => {
      checkRoom(available);
      const addition = await within(signal, attachments.attach(plan, signal));
      this.estimates.learn(plan, addition.addedBytes);
      const seconds = Math.round(performance.now() - startedAt) / 1000;
      this.options.log.info({ model: lora.name, seconds, needBytes, bytes: addition.addedBytes }, 'adapter attached');
      return addition;
    });
  }

  /** The key is the runtime's id, a slash, and the name under which the model is held. */
  private planOf({ key, contextLength, slots }: ModelDemand): { name: string; contextLength: number; slots: number } {
    return { name: key.slice(key.indexOf('/') + 1), contextLength, slots };
  }
}
