/** Something on a {@link RunningList}. */
interface Listed<T> {
  readonly item: T;
  /** Takes it off the list; further calls do nothing. */
  readonly off: () => void;
}

interface Place<T> extends Listed<T> {
  at: number;
}

/**
 * What runs now, taken off in any order. Not a Set: under load that makes a new table every few dozen requests, each old
 * one leads to the next, and once one of them is in V8's old space all of them, with every request that was ever in
 * them, stay in memory until the next full collection.
 */
export class RunningList<T> implements Iterable<Listed<T>> {
  private readonly places: Place<T>[] = [];

  /** How many run. */
  get size(): number {
    return this.places.length;
  }

  /** Puts something on the list until the returned function is called; further calls do nothing. */
  add(item: T): () => void {
    const place: Place<T> = {
      item,
      at: this.places.length,
      off: () => {
        this.remove(place);
      },
    };
    this.places.push(place);
    return place.off;
  }

  /** Takes all off. */
  clear(): void {
    this.places.length = 0;
  }

  /** Those that run now, without those that are taken off meanwhile. */
  *[Symbol.iterator](): Generator<Listed<T>> {
    for (const place of [...this.places]) if (this.has(place)) yield place;
  }

  private has(place: Place<T>): boolean {
    return this.places[place.at] === place;
  }

  private remove(place: Place<T>): void {
    if (!this.has(place)) return;
    const last = this.places.pop();
    if (last === undefined || last === place) return;
    // The order means nothing.
    this.places[place.at] = last;
    last.at = place.at;
  }
}
