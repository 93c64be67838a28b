import { describe, expect, it } from '@jest/globals';
import { headOfEvent, headOfKeepable } from './answer-text.policy.js';

const CHUNK = { id: 'chatcmpl-1', created: 5, model: 'm', choices: [{ delta: {}, finish_reason: 'stop' }] };
const event = (data: unknown): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
const stream = (...data: unknown[]): string => data.map(event).join('');

const headOf = (text: string, streaming: boolean): unknown =>
  headOfKeepable({ streaming, text, completionTokens: undefined }, undefined);

describe('an answer may be given again', () => {
  it('when it is a whole stream', () => {
    expect(headOf(stream(CHUNK, '[DONE]'), true)).toEqual({ id: 'chatcmpl-1', created: 5, model: 'm' });
  });

  it.each([
    ['is empty', ''],
    ['has no end', stream(CHUNK)],
    ['says nothing but the end', stream('[DONE]')],
    ['goes on after its end', stream(CHUNK, '[DONE]', CHUNK)],
    ['is cut inside of an event', `${event(CHUNK)}data: [DONE]`],
    ['has no reason of its end', stream({ ...CHUNK, choices: [{ delta: {}, finish_reason: null }] }, '[DONE]')],
    ['holds an error', stream(CHUNK, { error: { message: 'No.' } }, '[DONE]')],
    ['holds what is no JSON', stream(CHUNK, '{', '[DONE]')],
    ['holds what is no object', stream(CHUNK, '[]', '[DONE]')],
    ['holds a line that is no data', `event: x\n${stream(CHUNK, '[DONE]')}`],
  ])('but not when it %s', (_, text) => {
    expect(headOf(text, true)).toBeUndefined();
  });

  it.each(['', '[]', 'null', '{"choices":[]}', '{"error":{"message":"No."},"data":[]}', '{"id":"a"'])(
    'but not when the body is %j',
    (text) => {
      expect(headOf(text, false)).toBeUndefined();
    },
  );

  it('when it is a list of vectors, which has no id', () => {
    expect(headOf('{"object":"list","data":[],"model":"m"}', false)).toEqual({ model: 'm' });
  });

  it('when it was cut where the request wanted it to be', () => {
    const text = JSON.stringify({ ...CHUNK, choices: [{ finish_reason: 'length' }] });
    const cutAt = (completionTokens: number | undefined, bound: number | undefined): boolean =>
      headOfKeepable({ streaming: false, text, completionTokens }, bound) !== undefined;
    expect([cutAt(9, 9), cutAt(8, 9), cutAt(undefined, 9), cutAt(9, undefined)]).toEqual([true, false, false, false]);
  });
});

describe('the head of a stream', () => {
  it('is that of its first event', () => {
    expect(headOfEvent(stream(CHUNK, { id: 'other' }))).toEqual({ id: 'chatcmpl-1', created: 5, model: 'm' });
    expect(headOfEvent('data: [DONE]\n\n')).toEqual({});
  });
});
