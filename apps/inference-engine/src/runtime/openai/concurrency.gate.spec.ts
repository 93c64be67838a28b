import { describe, expect, it } from '@jest/globals';
import { ConcurrencyGate } from './concurrency.gate.js';

const NEVER = new AbortController().signal;

describe('ConcurrencyGate', () => {
  it('lets in as many as fit, and then one for each that leaves, in the order in which they came', async () => {
    const gate = new ConcurrencyGate(2);
    const seen: string[] = [];
    const [first, second] = [await gate.enter(NEVER), await gate.enter(NEVER)];
    const third = gate.enter(NEVER).then((leave) => (seen.push('third'), leave));
    const fourth = gate.enter(NEVER).then((leave) => (seen.push('fourth'), leave));
    await Promise.resolve();
    expect(seen).toEqual([]);
    first();
    first();
    (await third)();
    await fourth;
    expect(seen).toEqual(['third', 'fourth']);
    second();
  });

  it('forgets those that leave while they wait', async () => {
    const gate = new ConcurrencyGate(1);
    const abort = new AbortController();
    const leave = await gate.enter(NEVER);
    const gone = gate.enter(abort.signal);
    const next = gate.enter(NEVER);
    abort.abort(new Error('left'));
    await expect(gone).rejects.toThrow('left');
    leave();
    (await next)();
    await expect(gate.enter(abort.signal)).rejects.toThrow('left');
    (await gate.enter(NEVER))();
  });
});
