/** Idle models first, the one unused for longest; then busy ones by their last grant. */
function chooseVictim(models) {
  const ready = models.filter(({ phase }) => phase === 'ready');
  const since = (model) => (model.busy > 0 ? model.grantedAt : model.usedAt);
  return ready.sort((a, b) => Number(a.busy > 0) - Number(b.busy > 0) || since(a) - since(b))[0];
}

/**
 * Strictly first come, first served: the first request whose model is not in memory decides what is loaded next, and the
 * models that have to go for it take no later requests. All models have the same size.
 */
export class FifoPolicy {
  keepsSlots = true;
  #models = new Map();
  #waiting = new Map();
  #granted = new Map();

  handle(event, now, available) {
    switch (event.type) {
      case 'arrived':
        this.#waiting.set(event.ticket.id, event.ticket);
        break;
      case 'released':
        this.#release(event.ticketId, now);
        break;
      case 'loaded':
        Object.assign(this.#models.get(event.key), { phase: 'ready', usedAt: now });
        break;
      case 'unloaded':
        this.#models.delete(event.key);
        break;
    }
    return this.#advance(now, available());
  }

  #release(ticketId, now) {
    const model = this.#granted.get(ticketId);
    this.#granted.delete(ticketId);
    model.busy -= 1;
    model.usedAt = now;
  }

  /** Looks at all that wait, in order of arrival; the first request of a model decides for all others of it. */
  #advance(now, available) {
    const leaving = [...this.#models.values()].filter(({ phase }) => phase === 'unloading').length;
    const walk = { now, free: available + leaving, spare: Infinity, closed: new Set(), decided: new Set() };
    const effects = [];
    for (const ticket of this.#waiting.values()) {
      const { key } = ticket.demand;
      const model = this.#models.get(key);
      if (model?.phase === 'ready') {
        if (!walk.closed.has(key) && model.busy < ticket.demand.slots) effects.push(this.#grant(ticket, model, now));
      } else if (model?.phase !== 'loading' && !walk.decided.has(key)) {
        walk.decided.add(key);
        const change = this.#makeRoom(ticket.demand, walk);
        if (change) effects.push(change);
      }
    }
    return effects;
  }

  /** Loads where nobody before needs the room, else unloads what is idle, else closes what has to go. One change at a time. */
  #makeRoom(demand, walk) {
    const models = [...this.#models.values()];
    const changing = models.some(({ phase }) => phase !== 'ready');
    if (!changing && Math.min(walk.free, walk.spare) >= 1) {
      const times = { usedAt: walk.now, grantedAt: walk.now };
      this.#models.set(demand.key, { key: demand.key, phase: 'loading', busy: 0, ...times });
      walk.free -= 1;
      return { type: 'load', demand };
    }
    const victim = walk.free < 1 ? chooseVictim(models) : undefined;
    if (!changing && walk.spare === Infinity && victim?.busy === 0) {
      victim.phase = 'unloading';
      walk.free += 1;
      return { type: 'unload', key: victim.key };
    }
    if (victim) walk.closed.add(victim.key);
    walk.spare = Math.min(walk.spare, Math.max(0, walk.free - 1));
    return undefined;
  }

  #grant(ticket, model, now) {
    model.busy += 1;
    model.usedAt = now;
    model.grantedAt = now;
    this.#waiting.delete(ticket.id);
    this.#granted.set(ticket.id, model);
    return { type: 'grant', ticketId: ticket.id, demand: ticket.demand };
  }
}
