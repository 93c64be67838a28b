import { describe, expect, it } from '@jest/globals';
import { countHosts, hostOf, isAllowedHost, isLoopback } from './host.policy.js';

describe('a Host header', () => {
  it.each([
    ['localhost', 'localhost'],
    ['LOCALHOST:3160', 'localhost'],
    ['localhost.:3160', 'localhost'],
    ['127.0.0.1:8000', '127.0.0.1'],
    ['[::1]:3160', '[::1]'],
    ['[::1]', '[::1]'],
    ['llm_1.example.com', 'llm_1.example.com'],
  ])('%s is the host %s', (header, host) => {
    expect(hostOf(header)).toBe(host);
  });

  it.each([
    '',
    ' ',
    'a b',
    'a,b',
    'a:b',
    'a:',
    ':80',
    'a/b',
    'user@a',
    'a?b',
    'a#b',
    '::1',
    '[::1',
    '-a',
    'ä',
    'a:999999',
  ])('%j is no host', (header) => {
    expect(hostOf(header)).toBeUndefined();
  });

  it('is counted however it is written', () => {
    expect(countHosts([])).toBe(0);
    expect(countHosts(['Host', 'a', 'X-Host', 'b', 'x', 'host'])).toBe(1);
    expect(countHosts(['Host', 'a', 'HOST', 'a', 'host', 'b'])).toBe(3);
  });
});

describe('the host under which a service may be asked', () => {
  it.each<[string, readonly string[], string, boolean]>([
    ['127.0.0.1', [], 'localhost', true],
    ['127.0.0.1', [], '127.0.0.1', true],
    ['127.0.0.1', [], '127.9.9.9', true],
    ['127.0.0.1', [], '[::1]', true],
    ['::1', [], 'localhost', true],
    ['localhost', [], 'evil.test', false],
    ['127.0.0.1', [], 'evil.test', false],
    ['127.0.0.1', [], 'localhost.evil.test', false],
    ['127.0.0.1', [], '127.0.0.1.evil.test', false],
    ['127.0.0.1', [], '10.0.0.1', false],
    ['127.0.0.1', ['llm.test'], 'llm.test', true],
    ['127.0.0.1', ['llm.test'], 'a.llm.test', false],
    ['127.0.0.1', ['*'], 'evil.test', true],
    ['0.0.0.0', [], 'any.test', true],
    ['0.0.0.0', ['llm.test'], 'any.test', false],
    ['0.0.0.0', ['llm.test'], 'localhost', true],
    ['0.0.0.0', ['llm.test'], '10.0.0.1', true],
    ['0.0.0.0', ['llm.test'], '[fd00::1]', true],
    ['10.0.0.1', ['*'], 'any.test', true],
  ])('listening on %s with %j: %s is %s', (listensOn, allowed, host, is) => {
    expect(isAllowedHost(host, { listensOn, allowed })).toBe(is);
  });

  it.each([
    ['127.0.0.1', true],
    ['127.0.0.53', true],
    ['::1', true],
    ['[::1]', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['::ffff:10.0.0.1', false],
    ['127.0.0.1.nip.test', false],
  ])('%s is the machine itself: %s', (host, is) => {
    expect(isLoopback(host)).toBe(is);
  });
});
