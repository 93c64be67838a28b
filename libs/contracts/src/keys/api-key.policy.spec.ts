import { describe, expect, it } from '@jest/globals';
import { keyNameProblem, modelsProblem, timeProblem } from './api-key.policy.js';

describe('what a key is given', () => {
  it.each([
    'ada',
    'ada (laptop)',
    '=1+1',
    'José',
    'Jose\u0301',
    '名前',
    'می\u200cخواهم',
    'क\u094d\u200dष',
    '👩\u200d💻 ada',
    '🇪🇸',
  ])('may be the name %j', (name) => {
    expect(keyNameProblem(name, 'name')).toBeUndefined();
  });

  it.each([
    '',
    '  ',
    'a\nb',
    'a\u0000b',
    '\u001b[31m',
    '\u202eada',
    'a\u2028b',
    '\ufeffada',
    '\u200dada',
    'ada\u200c',
    'a \u200d b',
    'x'.repeat(101),
    5,
  ])('is not the name %j', (name) => {
    expect(keyNameProblem(name, 'name')).toMatchObject({ path: 'name' });
  });

  it('has models on one line each, since a terminal shows them', () => {
    expect(modelsProblem(['gemma3', 'hf.co/a/b:Q4_K_M', 'मॉडल'], 'models')).toBeUndefined();
    for (const bad of ['a\nb', '\u001b[2J', '\u202ea', ' ', 5])
      expect(modelsProblem(['gemma3', bad], 'models')).toMatchObject({ path: 'models[1]' });
  });

  it.each(['2027-01-20T10:30:00Z', '2027-01-20T10:30Z', '2028-02-29T23:59:59.999+14:00', '9999-12-31T23:59:59Z'])(
    'may end at %s',
    (time) => {
      expect(timeProblem(time, 'expiresAt')).toBeUndefined();
    },
  );

  it.each([
    '2027-02-29T00:00:00Z',
    '2027-02-30T00:00:00Z',
    '2027-04-31T00:00:00+02:00',
    '2027-13-01T00:00:00Z',
    '2027-01-20T25:00:00Z',
    '2027-01-20T10:30:00',
    '2027-01-20',
    '+010000-01-01T00:00:00Z',
    1_800_000_000_000,
  ])('does not end at %s, which is no time or depends on the machine', (time) => {
    expect(timeProblem(time, 'expiresAt')).toMatchObject({ path: 'expiresAt' });
  });
});
