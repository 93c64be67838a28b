import { describe, expect, it } from '@jest/globals';
import { loadSettings } from '@local-llm-agent/config';
import { shareOf } from './connection-share.policy.js';

describe('whose connection it is', () => {
  it.each([
    ['off', '203.0.113.1', '203.0.113.1'],
    ['off', '::ffff:203.0.113.1', '203.0.113.1'],
    ['off', '127.0.0.1', '127.0.0.1'],
    ['off', '::1', '::1'],
    ['off', '2001:db8::1', '2001:db8::/64'],
    ['off', 'fe80::1%eth0', 'fe80::/64'],
    ['off', 'unknown', 'unknown'],
    ['10.0.0.0/8', '203.0.113.1', '203.0.113.1'],
    ['10.0.0.0/8', '10.0.0.7', undefined],
    ['10.0.0.0/8', '::ffff:10.0.0.7', undefined],
    ['fd00::/8', 'fd00::7', undefined],
    ['1', '203.0.113.1', undefined],
  ])('with TRUST_PROXY=%s that of %s is of %s', (TRUST_PROXY, remote, share) => {
    expect(shareOf(remote, loadSettings({ TRUST_PROXY }).TRUST_PROXY)).toBe(share);
  });
});
