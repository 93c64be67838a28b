/** Ollama keeps an idle model for so long (five minutes), unless another needs its place. */
const KEEP_ALIVE = 300_000;

/**
 * The order of Ollama 0.24 (server/sched.go), with OLLAMA_MAX_LOADED_MODELS as room:
 * 1. A request for a loaded model goes to its runner at once, even when another waits for the runner's place; more than
 *    its slots wait inside the runner. While a model loads it is not yet a loaded one.
 * 2. Every other request joins one channel. Its head alone is dealt with, and blocks all behind it until it runs: use
 *    the loaded runner, or load where there is a place, or mark a runner to go and wait until it has gone.
 * 3. The runner to go is the first idle one in the order of keep-alive, then name; else the first of all. It goes once
 *    its last request has ended.
 */
export class OllamaPolicy {
  keepsSlots = false;
  #room;
  #runners = new Map();
  #pending = [];
  #granted = new Map();

  /** @param {number} room models that may be loaded */
  constructor(room) {
    this.#room = room;
  }

  handle(event) {
    switch (event.type) {
      case 'arrived': {
        const runner = this.#runners.get(event.ticket.demand.key);
        if (runner?.phase === 'ready') return [this.#use(runner, event.ticket)]; // 1
        this.#pending.push(event.ticket);
        return this.#dealWithHead(); // 2
      }
      case 'loaded':
        this.#runners.get(event.key).phase = 'ready';
        return this.#dealWithHead();
      case 'unloaded':
        this.#runners.delete(event.key);
        return this.#dealWithHead();
      case 'released':
        return this.#release(event.ticketId);
      default:
        return [];
    }
  }

  #release(ticketId) {
    const runner = this.#granted.get(ticketId);
    this.#granted.delete(ticketId);
    runner.users -= 1;
    return runner.keepAlive === 0 ? this.#expire(runner) : [];
  }

  #dealWithHead() {
    const effects = [];
    while (this.#pending.length > 0) {
      const runners = [...this.#runners.values()];
      if (runners.some(({ phase }) => phase !== 'ready')) break;
      const [head] = this.#pending;
      const { key } = head.demand;
      const runner = this.#runners.get(key);
      if (runner) {
        this.#pending.shift();
        effects.push(this.#use(runner, head));
      } else if (runners.length < this.#room) {
        this.#runners.set(key, { key, phase: 'loading', users: 0, keepAlive: KEEP_ALIVE });
        effects.push({ type: 'load', demand: head.demand });
      } else {
        const victim = this.#victim(runners); // 3
        victim.keepAlive = 0;
        effects.push(...this.#expire(victim));
        break;
      }
    }
    return effects;
  }

  #victim(runners) {
    const sorted = runners.sort((a, b) => a.keepAlive - b.keepAlive || (a.key < b.key ? -1 : 1));
    return sorted.find(({ users }) => users === 0) ?? sorted[0];
  }

  #expire(runner) {
    if (runner.users > 0 || runner.phase !== 'ready') return [];
    runner.phase = 'unloading';
    return [{ type: 'unload', key: runner.key }];
  }

  #use(runner, ticket) {
    runner.users += 1;
    this.#granted.set(ticket.id, runner);
    return { type: 'grant', ticketId: ticket.id, demand: ticket.demand };
  }
}
