import type { Recording } from './recording.types.js';

/** What a store has under a key, and how it takes what it has not. */
export interface Look {
  readonly recording: Recording | undefined;
  /**
   * Keeps an answer under the key that was looked at, unless the cache was emptied since: then it may be that of a model
   * that is not there any more. Not waited for.
   */
  keep(recording: Recording): void;
}

/** Keeps answers by their key, for a bounded time and within bounds of size. Never rejects: what it cannot do is a miss. */
export interface CacheStore {
  /** Looks. Gives a promise only where another machine has to be asked. */
  look(key: string): Look | Promise<Look>;
  /** Forgets all answers. Resolves to whether it is done for all who share the store. */
  clear(): Promise<boolean>;
  /** Frees what the store holds. */
  close(): void;
}
