import { describe, expect, it } from '@jest/globals';
import { backendUnavailable, type ManagementProgress } from '@local-llm-agent/contracts';
import { PullsService } from './pulls.service.js';

const TERMS = { id: 'p1', model: 'qwen3:8b', runtime: 'ollama', insecure: false };
const LAYER = { status: 'pulling aaa', digest: 'sha256:aaa', total: 1000, completed: 10 };
const nobodyLeaves = (): AbortSignal => new AbortController().signal;

/** A pull that goes on until it is aborted. */
async function* endless(signal: AbortSignal): AsyncGenerator<ManagementProgress> {
  yield LAYER;
  await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
}

async function* ended(): AsyncGenerator<ManagementProgress> {
  yield await Promise.resolve(LAYER);
  yield { status: 'success' };
}

async function readAll(steps: AsyncGenerator<ManagementProgress>): Promise<void> {
  while ((await steps.next()).done !== true);
}

async function* failing(): AsyncGenerator<ManagementProgress> {
  yield await Promise.resolve(LAYER);
  throw backendUnavailable('The registry has no such model.');
}

describe('pulls', () => {
  it('are told of with their files while they go on', async () => {
    const pulls = new PullsService();
    const steps = pulls.follow(TERMS, endless, nobodyLeaves());
    expect((await steps.next()).value).toEqual(LAYER);
    expect(pulls.list()).toEqual([
      {
        ...TERMS,
        state: 'running',
        step: 'fetching',
        layers: [{ digest: 'sha256:aaa', totalBytes: 1000, completedBytes: 10 }],
        bytesPerSecond: null,
        startedAt: expect.stringMatching(/Z$/),
        endedAt: null,
      },
    ]);
  });

  it('are ended by their id, which who reads the steps is told; ended again they are forgotten', async () => {
    const pulls = new PullsService();
    const steps = pulls.follow(TERMS, endless, nobodyLeaves());
    await steps.next();
    const rest = steps.next();
    pulls.end('p1');
    await expect(rest).rejects.toThrow('cancelled');
    expect(pulls.list()).toMatchObject([{ state: 'cancelled', endedAt: expect.any(String) }]);
    pulls.end('p1');
    expect(pulls.list()).toEqual([]);
    expect(() => pulls.end('p1')).toThrow(/no pull 'p1'/);
  });

  it('end with their client', async () => {
    const pulls = new PullsService();
    const client = new AbortController();
    const steps = pulls.follow(TERMS, endless, client.signal);
    await steps.next();
    const rest = steps.next();
    client.abort(new Error('left'));
    await expect(rest).rejects.toThrow('left');
    expect(pulls.list()).toMatchObject([{ state: 'cancelled' }]);

    const other = pulls.follow(TERMS, endless, nobodyLeaves());
    await other.next();
    expect(pulls.list().map(({ state }) => state)).toEqual(['cancelled', 'running']);
  });

  it('say how they ended', async () => {
    const pulls = new PullsService();
    await readAll(pulls.follow(TERMS, ended, nobodyLeaves()));
    const broken = pulls.follow({ ...TERMS, id: 'p2' }, failing, nobodyLeaves());
    await broken.next();
    await expect(broken.next()).rejects.toThrow('no such model');
    expect(pulls.list()).toMatchObject([
      { id: 'p1', state: 'done', step: 'done' },
      { id: 'p2', state: 'failed', error: 'The registry has no such model.' },
    ]);
  });

  it('are told of under names of their own', async () => {
    const pulls = new PullsService();
    for (let count = 0; count < 2; count += 1) await readAll(pulls.follow(TERMS, ended, nobodyLeaves()));
    expect(new Set(pulls.list().map(({ id }) => id)).size).toBe(2);
  });

  it('are forgotten when there are many, also where nobody looks', async () => {
    const pulls = new PullsService();
    for (let count = 0; count < 30; count += 1)
      await readAll(pulls.follow({ ...TERMS, id: `p${count}` }, ended, nobodyLeaves()));
    expect(() => pulls.end('p0')).toThrow(/no pull 'p0'/);
    expect(pulls.end('p29')).toMatchObject({ state: 'done' });
  });
});
