import { SchedulerState } from '../../../apps/inference-engine/dist/scheduler/scheduler.state.js';

const QUEUE_LENGTH = 100_000;

/** The engine's own state machine, as it is compiled, with the waits of the default catalog. */
export class OurPolicy {
  keepsSlots = true;
  #state;

  /** @param {{ small: number, main: number }} maxWaitMs bound of each tier */
  constructor(maxWaitMs) {
    const tier = (name) => ({ queueLength: QUEUE_LENGTH, maxWaitMs: maxWaitMs[name] });
    const tiers = { small: tier('small'), main: tier('main') };
    this.#state = new SchedulerState({ tiers });
  }

  handle(event, now, available) {
    return this.#state.handle(event, now, available);
  }

  wakeAt() {
    return this.#state.wakeAt();
  }
}
