import { exponentialTime, randomNumbers } from './random.mjs';
import { Timeline } from './timeline.mjs';
import { meanGapMs, requestsOf } from './workload.mjs';

/** Memory is counted in models: all have the same size. */
const NEED_BYTES = 1;
/** So many wake-ups without time passing mean that the policy goes round in a circle. */
const MOST_WAKES = 1_000;

/**
 * @typedef {object} Policy what decides; the events and effects are those of the engine's SchedulerState
 * @property {(event: object, now: number, available: () => number) => readonly object[]} handle
 * @property {() => number | undefined} [wakeAt] when it wants a tick if nothing happens before
 */

/** One run: the machine with its models, the clients, and the policy that decides about both. */
class Run {
  #timeline = new Timeline();
  #scenario;
  #policy;
  #models = new Map();
  /** Requests that have come and have no answer yet. */
  #open = new Map();
  #asked = 0;
  #wake;
  #wakesNow = 0;
  answered = [];
  loads = 0;

  constructor(scenario, policy) {
    this.#scenario = scenario;
    this.#policy = policy;
  }

  /** Lets everything happen until so many answers have been given. */
  toEnd(seed) {
    this.#bringClients(seed);
    while (this.answered.length < this.#scenario.requests) {
      if (!this.#timeline.step()) throw new Error(`nothing happens any more, and ${this.#open.size} requests wait`);
    }
    const waiting = [...this.#open.values()].filter((request) => request.startedAt === undefined);
    return { now: this.#timeline.now, loads: this.loads, answered: this.answered, waiting };
  }

  #bringClients(seed) {
    const { workload, requests } = this.#scenario;
    if (workload.kind === 'closed') {
      for (let client = 0; client < workload.clients; client += 1) {
        const next = requestsOf(this.#scenario, `client-${client}`, seed);
        const ask = () => {
          const { pause, ...request } = next();
          this.#ask(request, () => this.#timeline.at(this.#timeline.now + pause, ask));
        };
        // Not all at the very same time, but at once as far as answers are concerned.
        this.#timeline.at(client, ask);
      }
      return;
    }
    const callers = Array.from({ length: workload.callers }, (_, caller) =>
      requestsOf(this.#scenario, `client-${caller}`, seed),
    );
    const random = randomNumbers(`${seed}/arrivals`);
    const gapMs = meanGapMs(this.#scenario);
    const arrive = () => {
      this.#ask(callers[Math.floor(random() * callers.length)](), () => undefined);
      if (this.#asked < requests) this.#timeline.at(this.#timeline.now + exponentialTime(random, gapMs), arrive);
    };
    this.#timeline.at(0, arrive);
  }

  #ask({ key, tier, caller, serveMs }, whenAnswered) {
    const arrivedAt = this.#timeline.now;
    const id = (this.#asked += 1);
    const request = { id, key, tier, caller, serveMs, arrivedAt, startedAt: undefined, whenAnswered };
    this.#open.set(id, request);
    const demand = { key, needBytes: NEED_BYTES, slots: this.#scenario.slots, contextLength: 4096 };
    this.#tell({ type: 'arrived', ticket: { id, demand, tier, caller, arrivedAt } });
  }

  #available = () => {
    const held = [...this.#models.values()].length * NEED_BYTES;
    return this.#scenario.room * NEED_BYTES - held;
  };

  #tell(event) {
    for (const effect of this.#policy.handle(event, this.#timeline.now, this.#available)) this.#carryOut(effect);
    this.#planWake();
  }

  #planWake() {
    const time = this.#policy.wakeAt?.();
    if (time === this.#wake?.time) return;
    if (time === undefined) {
      this.#wake = undefined;
      return;
    }
    const wake = { time };
    this.#wake = wake;
    this.#wakesNow = time <= this.#timeline.now ? this.#wakesNow + 1 : 0;
    if (this.#wakesNow > MOST_WAKES) throw new Error('the policy asks to be woken again and again at the same time');
    this.#timeline.at(time, () => {
      // Another time was asked for since.
      if (this.#wake !== wake) return;
      this.#wake = undefined;
      this.#tell({ type: 'tick' });
    });
  }

  #carryOut(effect) {
    switch (effect.type) {
      case 'load':
        return this.#load(effect.demand.key);
      case 'unload':
        return this.#unload(effect.key);
      case 'grant':
        return this.#grant(this.#open.get(effect.ticketId));
      default:
        throw new Error(`the policy must not ${effect.type} here: ${effect.error?.message ?? ''}`);
    }
  }

  #load(key) {
    if (this.#models.has(key)) throw new Error(`${key} is loaded although it is in memory`);
    if (this.#available() < NEED_BYTES) throw new Error(`${key} is loaded although there is no room`);
    const model = { key, ready: false, busy: 0, backlog: [] };
    this.#models.set(key, model);
    this.loads += 1;
    this.#timeline.at(this.#timeline.now + this.#scenario.loadMs, () => {
      model.ready = true;
      this.#tell({ type: 'loaded', key, measuredBytes: NEED_BYTES });
    });
  }

  #unload(key) {
    const model = this.#models.get(key);
    if (!model?.ready || model.busy > 0) throw new Error(`${key} is unloaded although it is in use or not there`);
    model.ready = false;
    this.#timeline.at(this.#timeline.now, () => {
      this.#models.delete(key);
      this.#tell({ type: 'unloaded', key });
    });
  }

  /** A runtime takes more requests than it has slots, and lets them wait inside. Our own policy never gives it more. */
  #grant(request) {
    const model = this.#models.get(request?.key);
    if (!model?.ready) throw new Error('a request is given to a model that is not ready');
    if (model.busy < this.#scenario.slots) {
      this.#start(request, model);
    } else {
      if (this.#policy.keepsSlots) throw new Error(`${model.key} is given more requests than it has slots`);
      model.backlog.push(request);
    }
  }

  #start(request, model) {
    if (request.startedAt !== undefined) throw new Error('a request is served twice');
    request.startedAt = this.#timeline.now;
    model.busy += 1;
    this.#timeline.at(request.startedAt + request.serveMs, () => this.#finish(request, model));
  }

  #finish(request, model) {
    model.busy -= 1;
    this.#open.delete(request.id);
    this.answered.push(request);
    const next = model.backlog.shift();
    if (next) this.#start(next, model);
    this.#tell({ type: 'released', ticketId: request.id });
    request.whenAnswered();
  }
}

/**
 * Lets a policy decide in a scenario.
 * @param {import('./workload.mjs').Scenario} scenario
 * @param {Policy} policy a fresh one
 * @param {string} seed
 */
export function simulate(scenario, policy, seed) {
  return new Run(scenario, policy).toEnd(seed);
}
