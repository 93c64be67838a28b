import { describe, expect, it } from '@jest/globals';
import type { ManagementProgress } from '@local-llm-agent/contracts';
import { NO_PROGRESS, afterLine, pullSpeed } from './pull-progress.state.js';

const A = { status: 'pulling aaa', digest: 'sha256:aaa', total: 1000 };
const B = { status: 'pulling bbb', digest: 'sha256:bbb', total: 10 };

function after(...lines: readonly (readonly [number, ManagementProgress])[]) {
  return lines.reduce((progress, [now, line]) => afterLine(progress, line, now), NO_PROGRESS);
}

describe('the progress of a pull', () => {
  it('goes through the steps in the words of Ollama', () => {
    const steps = [
      'pulling manifest',
      'pulling aaa',
      'verifying sha256 digest',
      'writing manifest',
      'something new',
      'success',
    ];
    expect(
      steps.map((status, at) => after(...steps.slice(0, at + 1).map((s) => [0, { status: s }] as const)).step),
    ).toEqual(['manifest', 'fetching', 'checking', 'writing', 'writing', 'done']);
    expect(NO_PROGRESS.step).toBe('starting');
  });

  it('has all layers, each at its last figure', () => {
    const progress = after([0, A], [1, { ...A, completed: 400 }], [2, { ...B, completed: 10 }]);
    expect(progress.layers.map(({ completedBytes }) => completedBytes)).toEqual([400, 10]);
    expect(progress.layers.map(({ totalBytes }) => totalBytes)).toEqual([1000, 10]);
  });

  it('tells no speed before half a second, and then that of the last five', () => {
    const start = [0, { ...A, completed: 0 }] as const;
    expect(pullSpeed(after(start, [400, { ...A, completed: 90 }]))).toBeUndefined();
    expect(pullSpeed(after(start, [1000, { ...A, completed: 100 }]))).toBe(100);
    const slower = after(start, [1000, { ...A, completed: 500 }], [6000, { ...A, completed: 600 }]);
    expect(pullSpeed(slower)).toBe(20);
  });

  it('does not take what was there before for speed', () => {
    const resumed = after([0, { ...A, completed: 900 }], [1000, { ...A, completed: 910 }]);
    expect(pullSpeed(resumed)).toBe(10);
    const second = afterLine(resumed, { ...B, completed: 10 }, 1001);
    expect(pullSpeed(second)).toBeUndefined();
  });
});
