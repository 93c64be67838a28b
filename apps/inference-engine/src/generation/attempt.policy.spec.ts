import { describe, expect, it } from '@jest/globals';
import { backendUnavailable, contextLengthExceeded, inferenceTimeout, modelNotFound } from '@local-llm-agent/contracts';
import { MOST_ATTEMPTS, remedyOf, type Tried } from './attempt.policy.js';

const FIRST: Tried = {
  attempts: 1,
  spoke: false,
  others: false,
  again: false,
  enlarged: 0,
  answerTokens: undefined,
};
const lost = (part: 'runtime' | 'model'): Error => backendUnavailable('gone', { origin: 'runtime', lost: part });

describe('remedyOf', () => {
  it('tries another runtime that has the model at once', () => {
    expect(remedyOf(lost('runtime'), { ...FIRST, others: true })).toEqual({ type: 'elsewhere' });
    expect(remedyOf(lost('model'), { ...FIRST, others: true, again: true })).toEqual({ type: 'elsewhere' });
  });

  it('tries the only runtime once more after a pause, which is shorter for a process of a model', () => {
    const runtime = remedyOf(lost('runtime'), FIRST);
    const model = remedyOf(lost('model'), FIRST);
    expect([runtime, model]).toMatchObject([{ type: 'again' }, { type: 'again' }]);
    expect((runtime as { pauseMs: number }).pauseMs).toBeGreaterThan((model as { pauseMs: number }).pauseMs);
    expect(remedyOf(lost('runtime'), { ...FIRST, attempts: 2, again: true })).toEqual({ type: 'giveUp' });
  });

  it('never tries again what has begun to answer', () => {
    expect(remedyOf(lost('runtime'), { ...FIRST, spoke: true, others: true })).toEqual({ type: 'giveUp' });
  });

  it.each([
    ['a refusal', modelNotFound('no such model')],
    ['a deadline', inferenceTimeout('late')],
    ['a runtime that answers that it cannot', backendUnavailable('out of memory', { origin: 'runtime' })],
    ['a fault of ours', new Error('bug')],
  ])('gives up on %s', (_, error) => {
    expect(remedyOf(error, { ...FIRST, others: true })).toEqual({ type: 'giveUp' });
  });

  it('wants room for a prompt that is too long, and for its answer, wherever it was tried', () => {
    const error = contextLengthExceeded(100, 50);
    const tried = { ...FIRST, others: true, answerTokens: 20 };
    expect(remedyOf(error, tried)).toEqual({ type: 'larger', error, neededTokens: 120, leastTokens: 101 });
    expect(remedyOf(error, FIRST)).toMatchObject({ neededTokens: 101, leastTokens: 101 });
  });

  it('adds to a prompt whose length is an estimate', () => {
    expect(remedyOf(contextLengthExceeded(100, 50, { exact: false }), FIRST)).toMatchObject({ leastTokens: 106 });
  });

  it('gives up on a prompt that is still too long after two larger contexts', () => {
    expect(remedyOf(contextLengthExceeded(100, 50), { ...FIRST, enlarged: 2 })).toEqual({ type: 'giveUp' });
  });

  it('gives up after a few attempts wherever they were', () => {
    expect(remedyOf(lost('runtime'), { ...FIRST, others: true, attempts: MOST_ATTEMPTS })).toEqual({ type: 'giveUp' });
  });
});
