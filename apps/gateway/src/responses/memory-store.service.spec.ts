import { describe, expect, it } from '@jest/globals';
import { MemoryStore } from './memory-store.service.js';

const BOUNDS = { mostBytes: 10_000, mostEntries: 100, ttlMs: 60_000 };
const text = (bytes: number): string => 'x'.repeat(bytes);

describe('the store in memory', () => {
  it('gives back what it was given, in the order asked for', async () => {
    const store = new MemoryStore(BOUNDS);
    await store.save('a', 'ä');
    await store.save('b', 'B');
    expect(await store.load(['b', 'none', 'a'])).toEqual(['B', undefined, 'ä']);
    expect([await store.delete('a'), await store.delete('a')]).toEqual([true, false]);
    expect(await store.load(['a'])).toEqual([undefined]);
  });

  it('never holds more bytes than it may, and lets go of what was used least recently', async () => {
    const store = new MemoryStore(BOUNDS);
    for (const id of ['a', 'b', 'c']) await store.save(id, text(2800));
    await store.load(['a']);
    await store.save('d', text(2800));
    expect((await store.load(['a', 'b', 'c', 'd'])).map((found) => found !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ]);
    for (let index = 0; index < 1000; index += 1) {
      await store.save(`id${index}`, text(index));
      expect(store.bytes).toBeLessThanOrEqual(BOUNDS.mostBytes);
    }
  });

  it('never holds more entries than it may', async () => {
    const store = new MemoryStore({ ...BOUNDS, mostEntries: 2 });
    for (const id of ['a', 'b', 'c']) await store.save(id, id);
    expect(await store.load(['a', 'b', 'c'])).toEqual([undefined, 'b', 'c']);
  });

  it('says beforehand, and again, that something is too large', async () => {
    const store = new MemoryStore(BOUNDS);
    const tooLarge = expect.objectContaining({
      param: 'store',
      message: expect.stringContaining('RESPONSES_MAX_BYTES'),
    });
    await expect(store.check(10_000)).rejects.toEqual(tooLarge);
    await expect(store.save('a', text(10_000))).rejects.toEqual(tooLarge);
    await expect(store.check(9_000)).resolves.toBeUndefined();
  });

  it('forgets in time, counted from the last use', async () => {
    const store = new MemoryStore({ ...BOUNDS, ttlMs: 1 });
    await store.save('a', 'a');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await store.load(['a'])).toEqual([undefined]);
  });
});
