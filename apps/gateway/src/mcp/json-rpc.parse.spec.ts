import { describe, expect, it } from '@jest/globals';
import { callsTool, cancelledIds, isInitialize } from './json-rpc.parse.js';
import { RunningCalls } from './running-calls.state.js';

const cancel = (params: unknown): object => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params });

describe('a body of JSON-RPC', () => {
  it('is known by its method, alone or in a batch', () => {
    expect(isInitialize({ method: 'initialize', id: 1 })).toBe(true);
    expect(
      callsTool([
        { method: 'ping', id: 1 },
        { method: 'tools/call', id: 2 },
      ]),
    ).toBe(true);
    expect(callsTool({ method: 'tools/call' })).toBe(false);
    for (const body of [null, 7, 'x', [], [null], {}])
      expect([isInitialize(body), callsTool(body)]).toEqual([false, false]);
  });

  it.each<[unknown, unknown[]]>([
    [cancel({ requestId: 7 }), [7]],
    [
      [cancel({ requestId: 'a' }), cancel({ requestId: 0 })],
      ['a', 0],
    ],
    [cancel({}), []],
    [cancel(null), []],
    [cancel({ requestId: {} }), []],
    [{ method: 'ping', params: { requestId: 1 } }, []],
  ])('%j cancels %j', (body, ids) => {
    expect(cancelledIds(body)).toEqual(ids);
  });
});

describe('running calls', () => {
  it('are stopped by session and id, and forgotten when they are over', () => {
    const calls = new RunningCalls();
    const stopped: string[] = [];
    const forget = calls.add('s', 1, () => stopped.push('number'));
    calls.add('s', '1', () => stopped.push('text'));
    calls.stop('t', 1);
    calls.stop('s', 1);
    expect(stopped).toEqual(['number']);
    forget();
    calls.stop('s', 1);
    expect([stopped, calls.size]).toEqual([['number'], 1]);
  });

  it('with the id of an earlier call are not forgotten with it', () => {
    const calls = new RunningCalls();
    const forget = calls.add('s', 1, () => undefined);
    const stopped: number[] = [];
    calls.add('s', 1, () => stopped.push(2));
    forget();
    calls.stop('s', 1);
    expect(stopped).toEqual([2]);
  });
});
