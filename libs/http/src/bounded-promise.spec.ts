import { describe, expect, it } from '@jest/globals';
import { atMost, within } from './bounded-promise.js';

const never = (): Promise<string> => new Promise(() => undefined);

describe('a promise within a signal', () => {
  it('settles as it does by itself', async () => {
    const { signal } = new AbortController();
    expect(await within(signal, Promise.resolve('well'))).toBe('well');
    await expect(within(signal, Promise.reject(new Error('badly')))).rejects.toThrow('badly');
  });

  it('rejects with the reason of the signal, also of one that was aborted before', async () => {
    const abort = new AbortController();
    const reason = new Error('gone');
    const waiting = within(abort.signal, never());
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(within(abort.signal, never())).rejects.toBe(reason);
  });
});

describe('a promise for a time', () => {
  it('settles as it does by itself', async () => {
    expect(await atMost(10_000, Promise.resolve('well'), 'late')).toBe('well');
    await expect(atMost(10_000, Promise.reject(new Error('badly')), 'late')).rejects.toThrow('badly');
  });

  it('is given up when the time is over', async () => {
    expect(await atMost(1, never(), 'late')).toBe('late');
  });
});
