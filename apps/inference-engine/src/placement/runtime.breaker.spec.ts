import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { backendUnavailable, modelNotFound, type ApiError } from '@local-llm-agent/contracts';
import type { Runtime, RuntimeHealth } from '../runtime/runtime.contract.js';
import { RuntimeBreaker } from './runtime.breaker.js';

const GONE = backendUnavailable('connection refused', { origin: 'runtime', lost: 'runtime' });

describe('RuntimeBreaker', () => {
  let health: () => Promise<RuntimeHealth>;
  let asked: number;
  let events: string[];
  let breaker: RuntimeBreaker;

  beforeEach(() => {
    jest.useFakeTimers();
    asked = 0;
    events = [];
    health = () => Promise.resolve({ up: true });
    const runtime = {
      id: 'one',
      health: () => {
        asked += 1;
        return health();
      },
    } as unknown as Runtime;
    breaker = new RuntimeBreaker(runtime, {
      onLost: (_, error) => events.push(`lost: ${error.message}`),
      onGone: () => events.push('gone'),
      onBack: () => Promise.resolve(void events.push('back')),
    });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const down = (): Promise<RuntimeHealth> => Promise.resolve({ up: false, detail: 'connection refused' });

  async function noteAll(...errors: readonly ApiError[]): Promise<void> {
    for (const error of errors) {
      breaker.note(error);
      await jest.advanceTimersByTimeAsync(0);
    }
  }

  async function lose(): Promise<void> {
    health = down;
    await noteAll(GONE, GONE);
    asked = 0;
  }

  it('opens after three failures in a row, of calls and of the question after each, and says why', async () => {
    health = down;
    await noteAll(GONE);
    expect([breaker.state, breaker.suspect, asked, events]).toEqual(['closed', true, 1, []]);
    await noteAll(GONE);
    expect([breaker.state, events]).toEqual(['open', ['lost: connection refused']]);
    expect(breaker.refusal).toMatchObject({ status: 503, retryAfterSeconds: 2, lost: undefined });
  });

  it('tells that nothing is in memory there once it is lost and nobody takes a connection', async () => {
    const nobody = (): Promise<RuntimeHealth> =>
      Promise.resolve({ up: false, detail: 'connection refused', gone: true });
    health = nobody;
    await breaker.probe();
    await breaker.probe();
    expect(events).toEqual([]);
    await breaker.probe();
    expect(events).toEqual(['lost: connection refused', 'gone']);
    health = down;
    await jest.advanceTimersByTimeAsync(1000);
    await breaker.probe();
    expect(events).toHaveLength(2);
    health = nobody;
    await jest.advanceTimersByTimeAsync(1000);
    await breaker.probe();
    expect(events.slice(2)).toEqual(['gone']);
  });

  it('stays closed when calls fail of a runtime that is there, however many at a time', async () => {
    for (let i = 0; i < 5; i += 1) breaker.note(GONE);
    await noteAll(GONE, GONE, GONE);
    expect([breaker.state, breaker.suspect]).toEqual(['closed', false]);
  });

  it('begins to count anew with every answer', async () => {
    health = down;
    await noteAll(GONE);
    breaker.answered();
    await breaker.probe();
    await breaker.probe();
    expect(breaker.state).toBe('closed');
    await breaker.probe();
    expect(breaker.state).toBe('open');
  });

  it('counts only what could not reach the runtime', async () => {
    const lostModel = backendUnavailable('crashed', { origin: 'runtime', lost: 'model' });
    await noteAll(modelNotFound('no'), lostModel, backendUnavailable('full', { origin: 'runtime' }));
    expect([breaker.state, breaker.suspect]).toEqual(['closed', false]);
  });

  it('asks a lost runtime again after a while only, and is closed when that goes well', async () => {
    await lose();
    expect(await breaker.probe()).toEqual({ up: false, detail: 'connection refused' });
    expect(asked).toBe(0);
    await jest.advanceTimersByTimeAsync(1000);
    health = () => Promise.resolve({ up: true });
    expect(await breaker.probe()).toEqual({ up: true });
    expect([breaker.state, asked, events.at(-1)]).toEqual(['closed', 1, 'back']);
  });

  it('asks again in time although the clock of the machine was set back meanwhile', async () => {
    await lose();
    jest.setSystemTime(Date.now() - 3_600_000);
    await jest.advanceTimersByTimeAsync(1000);
    health = () => Promise.resolve({ up: true });
    expect(await breaker.probe()).toEqual({ up: true });
    expect([breaker.state, asked]).toEqual(['closed', 1]);
  });

  it('stays open while the runtime is down, and tells of the loss once', async () => {
    health = () => Promise.resolve({ up: false, detail: 'Ollama does not answer' });
    for (let i = 0; i < 6; i += 1) {
      await breaker.probe();
      await jest.advanceTimersByTimeAsync(1000);
    }
    expect([breaker.state, events]).toEqual(['open', ['lost: Ollama does not answer']]);
  });

  it('lets all that ask at the same time share one question', async () => {
    await Promise.all([breaker.probe(), breaker.probe(), breaker.probe()]);
    expect(asked).toBe(1);
  });

  it('does not wait for a runtime that hangs', async () => {
    health = () => new Promise(() => undefined);
    const answer = breaker.probe(100);
    await jest.advanceTimersByTimeAsync(100);
    expect(await answer).toMatchObject({ up: false });
    for (let i = 0; i < 3; i += 1) {
      const probe = breaker.probe();
      await jest.advanceTimersByTimeAsync(6000);
      await probe;
    }
    expect(breaker.state).toBe('open');
  });

  it('ends the attempts that wait for a runtime that is lost, but for those that have begun', async () => {
    const [waiting, begun] = [new AbortController(), new AbortController()];
    breaker.guard(waiting);
    breaker.guard(begun)();
    await lose();
    expect(waiting.signal.reason).toMatchObject({ code: 'backend_unavailable', lost: 'runtime' });
    expect(begun.signal.aborted).toBe(false);
  });
});
