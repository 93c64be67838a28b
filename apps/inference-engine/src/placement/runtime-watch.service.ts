import type { Logger } from '@local-llm-agent/observability';
import type { Runtime, RuntimeHealth } from '../runtime/runtime.contract.js';
import { RuntimeBreaker, type BreakerListener, type BreakerState } from './runtime.breaker.js';

/** How often it is seen whether a runtime is to be asked. */
const TICK_MS = 1000;
/** How often one that works is asked. One that does not is asked at every tick. */
const CALM_MS = 5000;
/** Longest wait of a request for a runtime that may be back. */
const RETURN_TIMEOUT_MS = 2000;

/** Looks after the runtimes: asks each from time to time whether it is there, and knows which are lost. */
export class RuntimeWatch {
  private readonly breakers: ReadonlyMap<string, RuntimeBreaker>;
  private timer: NodeJS.Timeout | undefined;

  /** @param listener carries out what a loss and a return mean for what is in memory */
  constructor(runtimes: readonly Runtime[], listener: BreakerListener, logger: Pick<Logger, 'warn' | 'info'>) {
    const told: BreakerListener = {
      onLost: (runtime, error) => {
        logger.warn({ runtime: runtime.id, reason: error.message }, 'a runtime is lost');
        listener.onLost(runtime, error);
      },
      onGone: (runtime) => {
        listener.onGone(runtime);
      },
      onBack: async (runtime) => {
        await listener.onBack(runtime);
        logger.info({ runtime: runtime.id }, 'a runtime is back');
      },
    };
    this.breakers = new Map(runtimes.map((runtime) => [runtime.id, new RuntimeBreaker(runtime, told)]));
  }

  /** Begins to ask. */
  begin(): void {
    this.timer = setInterval(() => {
      for (const breaker of this.breakers.values()) {
        if (breaker.state !== 'closed' || breaker.suspect || breaker.unaskedMs >= CALM_MS) void breaker.probe();
      }
    }, TICK_MS).unref();
  }

  /** Asks no more, and ends the runtimes with their connections and child processes. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.breakers.values()].map(({ runtime }) => runtime.close()));
  }

  /** What watches this runtime. */
  of(runtime: Runtime): RuntimeBreaker {
    const breaker = this.breakers.get(runtime.id);
    if (!breaker) throw new Error(`there is no runtime ${runtime.id}`);
    return breaker;
  }

  /** Whether requests may go to the runtime now. */
  isUp(runtime: Runtime): boolean {
    return this.of(runtime).state === 'closed';
  }

  /** Whether it may be used, after asking it when it was lost before. */
  async isBack(runtime: Runtime): Promise<boolean> {
    return this.isUp(runtime) || (await this.answers(runtime));
  }

  /** Whether it answers now. */
  async answers(runtime: Runtime): Promise<boolean> {
    return (await this.of(runtime).probe(RETURN_TIMEOUT_MS)).up;
  }

  /** Asks it now, for health. */
  health(runtime: Runtime, mostMs: number): Promise<RuntimeHealth> {
    return this.of(runtime).probe(mostMs);
  }

  /** The state of each, by id. */
  get states(): Readonly<Record<string, BreakerState>> {
    return Object.fromEntries([...this.breakers].map(([id, { state }]) => [id, state]));
  }
}
