import { describe, expect, it } from '@jest/globals';
import { addressOf } from './localmodels-info.translate.js';

describe('the address under which a client reached us', () => {
  it.each<[string | undefined, string | string[] | undefined, string]>([
    ['localhost:8000', undefined, 'http://localhost:8000'],
    ['models.team', 'https', 'https://models.team'],
    ['[::1]:3160', 'http', 'http://[::1]:3160'],
    ['evil"><script>', undefined, 'http://localhost'],
    [undefined, ['https', 'http'], 'http://localhost'],
  ])('is that of host %j and protocol %j', (host, protocol, address) => {
    expect(addressOf(host, protocol)).toBe(address);
  });
});
