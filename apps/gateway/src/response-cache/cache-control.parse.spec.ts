import { describe, expect, it } from '@jest/globals';
import { parseCacheControl } from './cache-control.parse.js';

describe('what headers say of the response cache', () => {
  it.each([
    [{}, undefined, false],
    [{ 'x-cache-control': 'use' }, true, false],
    [{ 'x-cache-control': 'refresh' }, true, true],
    [{ 'x-cache-control': 'off' }, false, false],
    [{ 'cache-control': 'no-cache' }, undefined, true],
    [{ 'cache-control': 'max-age=0,NO-CACHE' }, undefined, true],
    [{ 'cache-control': 'no-store, no-cache' }, false, false],
    [{ 'cache-control': 'max-age=0' }, undefined, false],
    [{ 'cache-control': 'x-no-store-y' }, undefined, false],
    [{ 'cache-control': 'no-store', 'x-cache-control': 'use' }, true, false],
  ])('%j', (headers: Record<string, string>, use, fresh) => {
    expect(parseCacheControl(headers)).toEqual({ use, fresh });
  });

  it.each(['', 'on', 'USE', 'toString', 'use, use'])('refuses the word %j', (word) => {
    expect(() => parseCacheControl({ 'x-cache-control': word })).toThrow('use, refresh, off');
  });
});
