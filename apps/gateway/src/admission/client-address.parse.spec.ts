import { describe, expect, it } from '@jest/globals';
import { loadSettings } from '@local-llm-agent/config';
import { clientAddress } from './client-address.parse.js';

function clientOf(
  TRUST_PROXY: string,
  forwardedFor: string | undefined,
  remote: string | undefined = '10.0.0.1',
): string {
  return clientAddress({ remote, forwardedFor }, loadSettings({ TRUST_PROXY }).TRUST_PROXY);
}

describe('the address of who asks', () => {
  it('is the other end of the connection while no proxy is trusted, whatever is claimed', () => {
    for (const claim of [undefined, '', '203.0.113.1', '203.0.113.1, 10.0.0.1', 'x'.repeat(9000)])
      expect(clientOf('off', claim)).toBe('10.0.0.1');
    expect(clientOf('off', undefined, '::ffff:192.0.2.7')).toBe('192.0.2.7');
    expect(clientAddress({ remote: undefined, forwardedFor: '1.2.3.4' }, undefined)).toBe('unknown');
  });

  it.each([
    ['one proxy', '1', '203.0.113.1', '203.0.113.1'],
    ['one proxy, and an invention before it', '1', '6.6.6.6, 203.0.113.1', '203.0.113.1'],
    ['one proxy, and many inventions', '1', `${'6.6.6.6,'.repeat(100)}203.0.113.1`, '203.0.113.1'],
    ['two proxies', '2', '6.6.6.6, 203.0.113.1, 10.0.0.2', '203.0.113.1'],
    ['two proxies, but one has written', '2', '203.0.113.1', '203.0.113.1'],
    ['a network', '10.0.0.0/8', '6.6.6.6, 203.0.113.1, 10.0.0.2', '203.0.113.1'],
    ['a network that the client is in too', '10.0.0.0/8', '10.0.0.9, 10.0.0.2', '10.0.0.9'],
    ['another network', '192.168.0.0/16', '203.0.113.1', '10.0.0.1'],
    ['no address', '1', 'unknown', '10.0.0.1'],
    ['a name', '1', 'client.example.com', '10.0.0.1'],
    ['a forged line', '1', '1.2.3.4\u2028x', '10.0.0.1'],
    ['numbers too large', '1', '300.1.1.1', '10.0.0.1'],
    ['an empty place', '1', '203.0.113.1,', '10.0.0.1'],
    ['a port', '1', '203.0.113.1:4711', '203.0.113.1'],
    ['IPv6', '1', '2001:DB8:0:0::1', '2001:db8::1'],
    ['IPv6 with a port', '1', '[2001:db8::1]:4711', '2001:db8::1'],
    ['IPv4 within IPv6', '1', '::ffff:203.0.113.1', '203.0.113.1'],
    ['colons', '1', ':::', '10.0.0.1'],
    ['nothing', '1', '', '10.0.0.1'],
    ['too much', '1', `${'6.6.6.6,'.repeat(1000)}203.0.113.1`, '10.0.0.1'],
  ])('with %s', (_, trust, forwardedFor, address) => {
    expect(clientOf(trust, forwardedFor)).toBe(address);
  });
});
