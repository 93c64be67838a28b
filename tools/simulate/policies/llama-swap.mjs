/**
 * The order of llama-swap's default scheduler (internal/router/scheduler/fifo.go), with its concurrency limit set so high
 * that nothing is refused:
 * 1. A request for a running model is served at once, whoever waits; more than its slots wait inside the server.
 * 2. A request for a model that is being loaded joins that load.
 * 3. A swap that would stop a model in use, or that is under way for another, has to wait. The queue is walked in
 *    order of arrival whenever a model becomes idle or a swap ends, and the first that can begin begins its swap.
 *
 * Which models run side by side is written down by the user. Here: any as many as there is room for; of the idle ones the
 * first by name goes.
 */
export class LlamaSwapPolicy {
  keepsSlots = false;
  #room;
  #models = new Map();
  #queued = [];
  #granted = new Map();

  /** @param {number} room models that may run side by side */
  constructor(room) {
    this.#room = room;
  }

  handle(event) {
    switch (event.type) {
      case 'arrived':
        this.#queued.push(event.ticket);
        return this.#walk(this.#queued.slice(-1));
      case 'loaded':
        this.#models.get(event.key).phase = 'ready';
        return this.#walk(this.#queued);
      case 'unloaded':
        this.#models.delete(event.key);
        return this.#walk(this.#queued);
      case 'released': {
        const model = this.#granted.get(event.ticketId);
        this.#granted.delete(event.ticketId);
        model.users -= 1;
        return model.users === 0 ? this.#walk(this.#queued) : [];
      }
      default:
        return [];
    }
  }

  #walk(tickets) {
    const served = new Set();
    const effects = tickets.flatMap((ticket) => {
      const model = this.#models.get(ticket.demand.key);
      if (model?.phase === 'ready') {
        served.add(ticket);
        return [this.#serve(model, ticket)]; // 1
      }
      return model ? [] : this.#swapTo(ticket.demand); // 2, 3
    });
    this.#queued = this.#queued.filter((ticket) => !served.has(ticket));
    return effects;
  }

  #swapTo(demand) {
    const models = [...this.#models.values()];
    if (models.some(({ phase }) => phase !== 'ready')) return [];
    if (models.length < this.#room) {
      this.#models.set(demand.key, { key: demand.key, phase: 'loading', users: 0 });
      return [{ type: 'load', demand }];
    }
    const victim = models.filter(({ users }) => users === 0).sort((a, b) => (a.key < b.key ? -1 : 1))[0];
    if (!victim) return [];
    victim.phase = 'unloading';
    return [{ type: 'unload', key: victim.key }];
  }

  #serve(model, ticket) {
    model.users += 1;
    this.#granted.set(ticket.id, model);
    return { type: 'grant', ticketId: ticket.id, demand: ticket.demand };
  }
}
