import { describe, expect, it } from '@jest/globals';
import { translatePattern } from './string-pattern.translate.js';

const DOT = '[^\\x22\\x5C\\x7F\\x00-\\x1F]';

describe('translatePattern', () => {
  it.each([
    ['^abc$', '^[a][b][c]$'],
    ['abc', `^${DOT}*[a][b][c]${DOT}*$`],
    ['^a.c$', `^[a]${DOT}[c]$`],
    ['^a\\.b+$', '^[a][\\x2E][b]+$'],
    ['^\\d{3}-[\\w.]{2,}$', '^[0-9]{3}[\\x2D][A-Za-z0-9_\\x2E]{2,}$'],
    ['^(?:a|b(c)?)*$', '^([a]|[b]([c])?)*$'],
    ['^[^a-c]$', `^[^a-c\\x22\\x5C\\x7F\\x00-\\x1F]$`],
    ['^[a\\]-]$', '^[a\\x5D\\x2D]$'],
    ['^é$', '^[\\U000000E9]$'],
    ['^a/b$', '^[a][\\x2F][b]$'],
  ])('writes %s as %s', (source, pattern) => {
    expect(translatePattern(source)).toEqual({ ok: true, pattern });
  });

  it.each([
    ['', /empty part/],
    ['^a|b$', /outside a group/],
    ['^(?=a)$', /look-around/],
    ['^(?<n>a)$', /look-around/],
    ['^\\bword$', /\\b/],
    ['^\\1$', /\\1/],
    ['^a"b$', /escape/],
    ['^a\\\\b$', /escape/],
    ['^[ -~]$', /the range/],
    ['^[z-a]$', /the range/],
    ['^[a-\\d]$', /ends in an escape/],
    ['^a**$', /'\*'/],
    ['^a+?$', /lazy/],
    ['^a{2001}$', /more than 2000/],
    ['^a{3,2}$', /empty/],
    ['^a$b$', /'\$'/],
    ['^(a$', /without an end|'\$'/],
    ['^a)$', /'\)'/],
    ['^[]$', /empty class/],
    ['^[a', /too early/],
    [`^${'('.repeat(20)}a${')'.repeat(20)}$`, /too many groups/],
  ])('says why it cannot write %s', (source, problem) => {
    expect(translatePattern(source)).toEqual({ ok: false, problem: expect.stringMatching(problem) });
  });
});
