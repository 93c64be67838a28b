import { describe, expect, it } from '@jest/globals';
import { boundedSignal } from './bounded-signal.js';

describe('a bounded signal', () => {
  it('is aborted after its time, although nobody holds its timer', async () => {
    const { signal } = boundedSignal(new AbortController().signal, 20);
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true });
    });
    expect(signal.reason).toMatchObject({ name: 'TimeoutError', message: 'There was no answer within 20 ms.' });
  });

  it('is aborted with the signal it was made from, for its reason', () => {
    const outer = new AbortController();
    const { signal, end } = boundedSignal(outer.signal, 10_000);
    const reason = new Error('gone');
    outer.abort(reason);
    expect(signal.reason).toBe(reason);
    end();
  });

  it('is never aborted by its time once it was ended', async () => {
    const { signal, end } = boundedSignal(new AbortController().signal, 1);
    end();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(signal.aborted).toBe(false);
  });
});
