/** An idle model is kept for so long before another is loaded in its place: clients that ask in turn are back by then. */
const WINDOW_MS = 25;

/**
 * Plain grouping, for one model at a time: serve the model in memory until nobody asks for it any more, then load the one
 * that most requests wait for. It has no bounds, so a request may wait for ever; it shows what grouping alone could give.
 */
export class GroupingPolicy {
  keepsSlots = true;
  #waiting = new Map();
  #granted = new Map();
  #model;
  #idleSince;
  #now = 0;

  handle(event, now) {
    this.#now = now;
    if (event.type === 'arrived') this.#waiting.set(event.ticket.id, event.ticket);
    if (event.type === 'loaded') this.#model.phase = 'ready';
    if (event.type === 'unloaded') this.#model = undefined;
    if (event.type === 'released') {
      this.#model.busy -= 1;
      this.#granted.delete(event.ticketId);
      if (this.#model.busy === 0) this.#idleSince = now;
    }
    return this.#advance();
  }

  wakeAt() {
    const idle = this.#model?.phase === 'ready' && this.#model.busy === 0 && this.#waiting.size > 0;
    return idle ? this.#idleSince + WINDOW_MS : undefined;
  }

  #advance() {
    if (!this.#model) return this.#loadNext();
    if (this.#model.phase !== 'ready') return [];
    const grants = [...this.#waiting.values()]
      .filter(({ demand }) => demand.key === this.#model.key)
      .slice(0, this.#model.slots - this.#model.busy);
    for (const { id } of grants) this.#waiting.delete(id);
    this.#model.busy += grants.length;
    const over = this.#model.busy === 0 && this.#waiting.size > 0 && this.#now >= this.#idleSince + WINDOW_MS;
    if (!over) return grants.map(({ id, demand }) => ({ type: 'grant', ticketId: id, demand }));
    this.#model.phase = 'unloading';
    return [{ type: 'unload', key: this.#model.key }];
  }

  #loadNext() {
    const groups = groupByKey(this.#waiting.values());
    const [largest] = [...groups.values()].sort((a, b) => b.length - a.length);
    if (!largest) return [];
    const { demand } = largest[0];
    this.#model = { key: demand.key, slots: demand.slots, phase: 'loading', busy: 0 };
    // Nobody has used it yet: only the end of its first request begins the window.
    this.#idleSince = this.#now;
    return [{ type: 'load', demand }];
  }
}

function groupByKey(tickets) {
  const groups = new Map();
  for (const ticket of tickets) groups.set(ticket.demand.key, [...(groups.get(ticket.demand.key) ?? []), ticket]);
  return groups;
}
