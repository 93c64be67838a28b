/** A clock that jumps from one planned event to the next; those of the same time happen in the order of planning. */
export class Timeline {
  now = 0;
  #heap = [];
  #planned = 0;

  /** Plans an action. A time that has passed means now. */
  at(time, action) {
    const entry = { time: Math.max(time, this.now), order: (this.#planned += 1), action };
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, heap[parent])) break;
      heap[index] = heap[parent];
      index = parent;
    }
    heap[index] = entry;
  }

  /** Jumps to the next event and lets it happen; false when nothing is planned. */
  step() {
    const heap = this.#heap;
    const [first] = heap;
    if (!first) return false;
    const last = heap.pop();
    if (heap.length > 0) this.#sink(last);
    this.now = first.time;
    first.action();
    return true;
  }

  #sink(entry) {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child += 1;
      if (!isBefore(heap[child], entry)) break;
      heap[index] = heap[child];
      index = child;
    }
    heap[index] = entry;
  }
}

function isBefore(a, b) {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
