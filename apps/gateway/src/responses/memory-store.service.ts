import { invalidRequest, type ApiError } from '@local-llm-agent/contracts';
import { LRUCache } from 'lru-cache';
import type { ResponseStore } from './response-store.contract.js';

/** Bookkeeping of an entry that its text does not show, in bytes. */
const ENTRY_BYTES = 200;

/** How much is kept, and how long. */
export interface MemoryBounds {
  readonly mostBytes: number;
  readonly mostEntries: number;
  readonly ttlMs: number;
}

/**
 * Keeps responses in the memory of this process: one gateway, and until it ends. What was not asked for the longest
 * time goes first when the bounds are reached.
 */
export class MemoryStore implements ResponseStore {
  private readonly texts: LRUCache<string, Buffer>;

  constructor(private readonly bounds: MemoryBounds) {
    this.texts = new LRUCache({
      max: bounds.mostEntries,
      maxSize: bounds.mostBytes,
      ttl: bounds.ttlMs,
      updateAgeOnGet: true,
      sizeCalculation: (text) => text.length + ENTRY_BYTES,
    });
  }

  check(bytes: number): Promise<void> {
    return bytes + ENTRY_BYTES > this.bounds.mostBytes ? Promise.reject(this.tooLarge(bytes)) : Promise.resolve();
  }

  async save(id: string, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    await this.check(bytes.length);
    this.texts.set(id, bytes);
  }

  load(ids: readonly string[]): Promise<readonly (string | undefined)[]> {
    return Promise.resolve(ids.map((id) => this.texts.get(id)?.toString('utf8')));
  }

  delete(id: string): Promise<boolean> {
    return Promise.resolve(this.texts.delete(id));
  }

  /** Bytes that are kept now. */
  get bytes(): number {
    return this.texts.calculatedSize;
  }

  private tooLarge(bytes: number): ApiError {
    return invalidRequest(
      `This response would need ${bytes} bytes of the store, which has ${this.bounds.mostBytes}. Send store: false, or raise RESPONSES_MAX_BYTES.`,
      { param: 'store' },
    );
  }
}
