import { describe, expect, it } from '@jest/globals';
import { parseRequestId } from './request-id.parse.js';

describe('a request id from a client', () => {
  it.each(['a', 'build-42', '0b8f1a52-0000-4000-8000-1234567890ab', 'a.b:c/d+e=f@g~h_i', 'x'.repeat(128)])(
    'is taken when it is %s',
    (id) => {
      expect(parseRequestId(id)).toBe(id);
    },
  );

  it.each<[string, string | string[] | undefined]>([
    ['missing', undefined],
    ['empty', ''],
    ['too long', 'x'.repeat(129)],
    ['of two words', 'a b'],
    ['sent twice', 'a, b'],
    ['a list', ['a', 'b']],
    ['broken over lines', 'a\nb'],
    ['a control character', 'a\u0000'],
    ['quoted', '"a"'],
    ['not ASCII', 'caf\u00e9'],
    ['markup', '<b>'],
  ])('is not taken when it is %s', (_, id) => {
    expect(parseRequestId(id)).toBeUndefined();
  });
});
