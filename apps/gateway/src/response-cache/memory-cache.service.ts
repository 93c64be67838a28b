import { LRUCache } from 'lru-cache';
import type { CacheStore, Look } from './cache-store.contract.js';
import type { Recording } from './recording.types.js';

/** Bookkeeping of an entry that its body does not show, in bytes. */
const ENTRY_BYTES = 500;

/** How much is kept, and how long. */
export interface MemoryCacheBounds {
  readonly mostBytes: number;
  readonly ttlMs: number;
}

/** Keeps answers in the memory of this process. What was not asked for the longest time goes first when it is full. */
export class MemoryCache implements CacheStore {
  private readonly entries: LRUCache<string, Recording>;
  /** Counted up each time the cache is emptied. */
  private epoch = 0;

  constructor({ mostBytes, ttlMs }: MemoryCacheBounds) {
    this.entries = new LRUCache({
      maxSize: mostBytes,
      ttl: ttlMs,
      sizeCalculation: ({ body }) => body.length + ENTRY_BYTES,
    });
  }

  look(key: string): Look {
    const { epoch } = this;
    return {
      recording: this.entries.get(key),
      keep: (recording) => {
        if (epoch === this.epoch) this.entries.set(key, recording);
      },
    };
  }

  clear(): Promise<boolean> {
    this.epoch += 1;
    this.entries.clear();
    return Promise.resolve(true);
  }

  close(): void {
    this.entries.clear();
  }

  /** Bytes that are kept now. */
  get bytes(): number {
    return this.entries.calculatedSize;
  }
}
