import { describe, expect, it } from '@jest/globals';
import { linkTarget } from './link.policy';

describe('a link in an answer', () => {
  it.each(['https://example.com/a?b#c', 'http://example.com/', 'mailto:a@example.com'])('may lead to %s', (address) => {
    expect(linkTarget(address)).toBe(address);
  });

  it.each([
    undefined,
    '',
    '#/keys',
    '/admin/keys',
    '//example.com',
    'javascript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,<script>',
    'blob:http://a/b',
    'vbscript:x',
    'file:///etc/passwd',
  ])('may not lead to %j', (address) => {
    expect(linkTarget(address)).toBeUndefined();
  });
});
