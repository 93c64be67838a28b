import { describe, expect, it } from '@jest/globals';
import type { ApiKey } from '@local-llm-agent/contracts';
import { isKeyOf, isLastAdmin, keyStateOf, sortedKeys } from './key-state.policy';

const NOW = Date.parse('2026-01-10T12:00:00Z');

function key(id: string, more: Partial<ApiKey> = {}): ApiKey {
  return { id, role: 'admin', status: 'active', createdAt: '2026-01-01T00:00:00Z', ...more } as ApiKey;
}

describe('how a key is', () => {
  it.each([
    ['active', null, { kind: 'active' }],
    ['revoked', '2026-01-11T00:00:00Z', { kind: 'revoked' }],
    ['expired', '2026-01-09T00:00:00Z', { kind: 'expired' }],
    ['active', '2026-01-10T12:00:00Z', { kind: 'expired' }],
    ['active', '2026-01-11T11:59:00Z', { kind: 'expires', days: 0, soon: true }],
    ['active', '2026-01-24T11:59:00Z', { kind: 'expires', days: 13, soon: true }],
    ['active', '2026-01-24T12:00:00Z', { kind: 'expires', days: 14, soon: false }],
  ] as const)('%s until %s is %j', (status, expiresAt, state) => {
    expect(keyStateOf({ status, expiresAt }, NOW)).toEqual(state);
  });
});

describe('the list of keys', () => {
  it('has the good ones first, the newest of them before the older', () => {
    const all = [
      key('old'),
      key('gone', { status: 'revoked', createdAt: '2026-01-09T00:00:00Z' }),
      key('new', { createdAt: '2026-01-05T00:00:00Z' }),
    ];
    expect(sortedKeys(all).map(({ id }) => id)).toEqual(['new', 'old', 'gone']);
  });

  it('knows the last admin', () => {
    const keys = [key('a'), key('b', { status: 'revoked' }), key('c', { role: 'inference' })];
    expect([isLastAdmin(keys, 'a'), isLastAdmin(keys, 'c')]).toEqual([true, false]);
    expect(isLastAdmin([...keys, key('d')], 'a')).toBe(false);
  });

  it('knows the key of the page by its prefix', () => {
    expect(isKeyOf('lla_abc_secret', { prefix: 'lla_abc_' })).toBe(true);
    expect(isKeyOf('', { prefix: 'lla_abc_' })).toBe(false);
  });
});
