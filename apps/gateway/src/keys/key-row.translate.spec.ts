import { describe, expect, it } from '@jest/globals';
import { toTermColumns } from './key-row.translate.js';

describe('the terms of a key as columns', () => {
  it('leave what is not named, and take away what is null', () => {
    expect(toTermColumns({})).toEqual({});
    expect(toTermColumns({ models: null, tokensPerMonth: null, expiresAt: null, cache: null })).toEqual({
      models: null,
      tokens_per_month: null,
      expires_at: null,
      cache: null,
    });
  });

  it('never leave the role admin to a key that it is taken from', () => {
    expect(toTermColumns({ role: null })).toEqual({ role: 'inference' });
    expect(toTermColumns({ role: 'admin' })).toEqual({ role: 'admin' });
  });

  it('have lists and times in the form of the store', () => {
    const terms = {
      name: ' ada ',
      models: ['a', 'b'],
      tiers: ['small' as const],
      expiresAt: '2027-01-20T12:30:00+02:00',
    };
    expect(toTermColumns(terms)).toEqual({
      name: 'ada',
      models: '["a","b"]',
      tiers: '["small"]',
      expires_at: Date.UTC(2027, 0, 20, 10, 30),
    });
  });
});
