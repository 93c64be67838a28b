import { describe, expect, it } from '@jest/globals';
import { keysTable } from './keys-table.translate.js';
import { parseKeysCommand, type KeysOptions } from './keys-command.parse.js';

const NOW = Date.parse('2026-01-20T10:00:00Z');
const parse = (words: string[], options: KeysOptions = {}): unknown => parseKeysCommand(words, options, NOW);

describe('a command line of keys', () => {
  it('is help when it says nothing, or asks for it', () => {
    for (const given of [parse([]), parse(['help']), parse(['create', 'x'], { help: true })])
      expect(given).toEqual({ name: 'help' });
  });

  it('makes a key with all terms', () => {
    const options = {
      role: 'admin',
      models: 'a, b:8b',
      tiers: 'small',
      'requests-per-minute': '5',
      'tokens-per-minute': '0',
      concurrency: '2',
      'tokens-per-month': '1000000',
      cache: 'on',
      expires: '90d',
    };
    expect(parse(['create', 'ada'], options)).toEqual({
      name: 'create',
      request: {
        name: 'ada',
        role: 'admin',
        models: ['a', 'b:8b'],
        tiers: ['small'],
        requestsPerMinute: 5,
        tokensPerMinute: 0,
        concurrency: 2,
        tokensPerMonth: 1_000_000,
        cache: true,
        expiresAt: '2026-04-20T10:00:00.000Z',
      },
    });
  });

  it('changes what is named, and takes away what is none', () => {
    expect(
      parse(['update', 'k1'], { models: 'none', cache: 'off', name: 'new', expires: '2027-01-01T00:00:00Z' }),
    ).toEqual({
      name: 'update',
      id: 'k1',
      request: { models: null, cache: false, name: 'new', expiresAt: '2027-01-01T00:00:00Z' },
    });
  });

  it.each(['99999999d', '999999999d'])('says what a time is when it is asked for %s', (expires) => {
    expect(() => parse(['create', 'x'], { expires })).toThrow('expiresAt must be a time such as');
  });

  it('takes no word for nothing', () => {
    expect(() => parse(['list', 'ada'])).toThrow("There is a word too many: 'ada'");
    expect(() => parse(['show', 'k1', 'k2'])).toThrow("There is a word too many: 'k2'");
  });

  it.each([
    ['30m', 1800],
    ['2h', 7200],
    ['45s', 45],
    ['1d', 86_400],
  ])('rotates with a grace of %s', (grace, graceSeconds) => {
    expect(parse(['rotate', 'k1'], { grace })).toEqual({ name: 'rotate', id: 'k1', request: { graceSeconds } });
  });

  it.each([
    [['create'], {}, 'A name is missing'],
    [['revoke'], {}, 'An id is missing'],
    [['nothing'], {}, "no command 'nothing'"],
    [['create', 'two', 'words'], {}, "a word too many: 'words'"],
    [['create', 'x'], { role: 'king' }, 'role'],
    [['create', 'x'], { tiers: 'huge' }, 'tiers[0]'],
    [['create', 'x'], { concurrency: 'many' }, 'concurrency'],
    [['create', 'x'], { cache: 'maybe' }, 'cache'],
    [['create', 'x'], { expires: 'soon' }, 'expiresAt'],
    [['create', 'a\nb'], {}, 'name'],
    [['rotate', 'x'], { grace: 'a while' }, '--grace'],
    [['rotate', 'x'], { grace: '365d' }, 'graceSeconds'],
  ] as [string[], KeysOptions, string][])('%j with %j is refused for %s', (words, options, why) => {
    expect(() => parse(words, options)).toThrow(why);
  });
});

describe('a table of keys', () => {
  it('says that there are none', () => {
    expect(keysTable([])).toContain('no keys');
  });

  it('has a line for each, in columns', () => {
    const key = {
      id: 'k1',
      prefix: 'lla_k1_',
      name: 'ada',
      role: 'inference',
      status: 'active',
      models: null,
      tiers: ['small' as const],
      requestsPerMinute: 5,
      tokensPerMinute: 0,
      concurrency: null,
      tokensPerMonth: null,
      cache: null,
      createdAt: '',
      updatedAt: '',
      expiresAt: null,
      revokedAt: null,
      lastUsedAt: '2026-01-20T10:30:00.000Z',
      previousUntil: null,
    } as const;
    const table = keysTable([{ ...key, tiers: ['small'] }]);
    const [head = '', line = ''] = table.split('\n');
    expect(head.split(/ {2,}/)).toEqual([
      'ID',
      'NAME',
      'ROLE',
      'STATUS',
      'MODELS',
      'TIERS',
      'LIMITS',
      'EXPIRES',
      'LAST USED',
    ]);
    expect(line.split(/ {2,}/)).toEqual([
      ...['k1', 'ada', 'inference', 'active', 'all', 'small'],
      '5 requests/min, no limit of tokens/min',
      'never',
      '2026-01-20T10:30:00.000Z',
    ]);
    expect(line.indexOf('never')).toBe(head.indexOf('EXPIRES'));
    const steering = keysTable([{ ...key, tiers: ['small'], models: ['a\u001b[31m\u202eb\nc'] }]);
    expect(steering).toContain('a\\u{1b}[31m\\u{202e}b\\u{a}c');
    expect(steering.split('\n')).toHaveLength(2);
  });
});
