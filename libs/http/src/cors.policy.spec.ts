import { describe, expect, it } from '@jest/globals';
import { corsHeaders, isAllowedOrigin, isOwnPage, preflightHeaders } from './cors.policy.js';

describe('a page', () => {
  it.each([
    ['http://localhost:3160', 'localhost:3160', undefined, true],
    ['http://LOCALHOST:3160', 'localhost:3160', undefined, true],
    ['https://llm.example.com', 'llm.example.com', undefined, true],
    ['https://llm.example.com', 'gateway:3160', 'same-origin', true],
    ['https://llm.example.com', 'gateway:3160', 'cross-site', false],
    ['https://a.example.com', 'b.example.com', 'same-site', false],
    ['http://localhost:3000', 'localhost:3160', undefined, false],
    ['http://evil.test', 'localhost:3160', 'cross-site', false],
    ['null', 'localhost:3160', undefined, false],
    ['null', 'null', undefined, false],
    ['app://localhost:3160', 'localhost:3160', undefined, false],
    ['http://localhost', undefined, undefined, false],
  ])('of %s that asks %s, which the browser calls %s, is our own: %s', (origin, host, site, own) => {
    expect(isOwnPage({ origin, host, site })).toBe(own);
  });

  it.each([
    ['https://chat.test', ['https://chat.test'], true],
    ['https://CHAT.test', ['https://chat.test'], true],
    ['http://chat.test', ['https://chat.test'], false],
    ['https://chat.test:8443', ['https://chat.test'], false],
    ['https://chat.test.evil', ['https://chat.test'], false],
    ['null', ['https://chat.test'], false],
    ['null', ['null'], false],
    ['https://any.test', ['*'], true],
    ['https://any.test', [], false],
  ])('of %s is allowed by %j: %s', (origin, allowed, is) => {
    expect(isAllowedOrigin(origin, allowed)).toBe(is);
  });

  it('that is allowed may read the answer, but never sends the credentials of the browser', () => {
    const one = corsHeaders('https://chat.test', ['https://chat.test']);
    expect(one).toMatchObject({ 'access-control-allow-origin': 'https://chat.test', vary: 'Origin' });
    const all = corsHeaders('https://chat.test', ['*']);
    expect(all['access-control-allow-origin']).toBe('*');
    for (const headers of [one, all]) expect(headers).not.toHaveProperty('access-control-allow-credentials');
    expect(one['access-control-expose-headers']).toContain('x-ratelimit-remaining-tokens');
  });

  it('is told which methods and headers it may send, and no headers that are no names', () => {
    expect(preflightHeaders({ headers: 'authorization, content-type,x-tier', privateNetwork: true })).toMatchObject({
      'access-control-allow-headers': 'authorization, content-type,x-tier',
      'access-control-allow-methods': expect.stringContaining('PATCH'),
      'access-control-allow-private-network': 'true',
    });
    for (const headers of [undefined, '', 'a b', 'a,,b', '<script>', 'x'.repeat(5000)])
      expect(preflightHeaders({ headers, privateNetwork: false })).toEqual({
        'access-control-allow-methods': expect.any(String),
        'access-control-max-age': '600',
      });
  });
});
