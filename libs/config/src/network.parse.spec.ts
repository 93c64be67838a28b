import { describe, expect, it } from '@jest/globals';
import { parseHostNames, parseOrigins, parseTrustProxy } from './network.parse.js';

describe('TRUST_PROXY', () => {
  it.each(['', 'off', 'OFF', 'no', 'false', '0'])('is off as %j', (text) => {
    expect(parseTrustProxy(text)).toBeUndefined();
  });

  it('counts proxies from the nearest', () => {
    const trusts = parseTrustProxy('2')!;
    expect([0, 1, 2, 3].map((hop) => trusts('203.0.113.9', hop))).toEqual([true, true, false, false]);
  });

  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.7', '10.0.0.7', true],
    ['10.0.0.7', '10.0.0.8', false],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['0.0.0.0/0', '203.0.113.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['fd00::/8', 'fd12:3456::1', true],
    ['fd00::/8', 'fe80::1', false],
    ['::1', '0:0:0:0:0:0:0:1', true],
    ['::/0', '203.0.113.1', true],
    ['2001:DB8::1', '2001:db8:0:0::1', true],
    ['192.168.0.0/16, 10.0.0.0/8', '10.9.9.9', true],
    ['10.0.0.0/8', 'unknown', false],
    ['10.0.0.0/8', '', false],
    ['10.0.0.0/8', '10.0.0.1.evil.test', false],
  ])('%s trusts %s: %s', (setting, address, trusted) => {
    expect(parseTrustProxy(setting)!(address, 0)).toBe(trusted);
  });

  it.each([
    'on',
    'all',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.256',
    '10.0.0.0/8/8',
    '::1/129',
    'proxy.local',
    '-1',
    '1.5',
  ])('refuses %s and says what to write', (text) => {
    expect(() => parseTrustProxy(text)).toThrow(/must be off, a number of proxies, or addresses/);
  });

  it.each(['33', '10.0.0.1,,10.0.0.2'])('refuses %s', (text) => {
    expect(() => parseTrustProxy(text)).toThrow(/must be at most 32|comma with nothing/);
  });
});

describe('ALLOWED_HOSTS', () => {
  it('takes names in any case, addresses, and the star alone', () => {
    expect(parseHostNames('')).toEqual([]);
    expect(parseHostNames('*')).toEqual(['*']);
    expect(parseHostNames('LLM.example.com, gateway,10.0.0.1,::2,[::3]')).toEqual([
      'llm.example.com',
      'gateway',
      '10.0.0.1',
      '[::2]',
      '[::3]',
    ]);
  });

  it.each(['http://a', 'a:3160', 'a,*', 'a/b', '*.example.com', 'a b', '-a'])('refuses %s', (text) => {
    expect(() => parseHostNames(text)).toThrow(/must be names without scheme and port/);
  });
});

describe('CORS_ORIGINS', () => {
  it('takes origins, of pages and of programs that show pages, and the star alone', () => {
    expect(parseOrigins('')).toEqual([]);
    expect(parseOrigins('*')).toEqual(['*']);
    expect(parseOrigins('https://Chat.example.com, http://localhost:5173,app://obsidian.md')).toEqual([
      'https://chat.example.com',
      'http://localhost:5173',
      'app://obsidian.md',
    ]);
  });

  it.each(['chat.example.com', 'https://a/', 'https://a/b', 'https://*.a', 'https://a,*', 'null', 'https://u@a'])(
    'refuses %s',
    (text) => {
      expect(() => parseOrigins(text)).toThrow(/must be origins such as/);
    },
  );
});
