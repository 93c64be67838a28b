import { describe, expect, it } from '@jest/globals';
import { contentSecurityPolicy, wantsPage } from './page.policy.js';

describe('the page at /', () => {
  it.each([
    ['Chromium', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8'],
    ['a space and a weight', 'application/json, text/html;q=0.5'],
  ])('is for %s', (_, accept) => {
    expect(wantsPage(accept)).toBe(true);
  });

  it.each([
    ['curl', '*/*'],
    ['a program', 'application/json'],
    ['nobody who says nothing', undefined],
    ['a type that only begins like it', 'text/html5'],
  ])('is not for %s', (_, accept) => {
    expect(wantsPage(accept)).toBe(false);
  });

  it('may run nothing that does not come from here', () => {
    const policy = contentSecurityPolicy('abc');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self' 'nonce-abc'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
  });
});
