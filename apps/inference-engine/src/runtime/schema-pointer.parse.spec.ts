import { describe, expect, it } from '@jest/globals';
import { resolvePointer, toPath } from './schema-pointer.parse.js';

const ROOT = {
  $defs: { name: { const: 1 }, 'a b': { const: 2 }, 'a/b': { const: 3 }, '100%': { const: 4 }, '~1': { const: 5 } },
  anyOf: [{ const: 6 }],
  '': { const: 7 },
};

describe('a reference in a schema', () => {
  it.each([
    ['#/$defs/name', ROOT.$defs.name],
    ['#/definitions/name', ROOT.$defs.name],
    ['#/$defs/a%20b', ROOT.$defs['a b']],
    ['#/$defs/a~1b', ROOT.$defs['a/b']],
    ['#/$defs/100%', ROOT.$defs['100%']],
    ['#/$defs/~01', ROOT.$defs['~1']],
    ['#/anyOf/0', ROOT.anyOf[0]],
    ['#/', ROOT['']],
    ['#', ROOT],
  ])('%j leads to its part', (reference, schema) => {
    expect(resolvePointer(ROOT, reference)?.schema).toBe(schema);
  });

  it.each([
    '#/$defs/none',
    '#/anyOf/1',
    '#/anyOf/length/x',
    '#/$defs/name/const/x',
    '#/toString',
    '#name',
    'name',
    '',
    'https://example.com/schema#/$defs/name',
    undefined,
    7,
  ])('%j leads nowhere', (reference) => {
    expect(resolvePointer(ROOT, reference)).toBeUndefined();
  });

  it('is told as a path', () => {
    expect(toPath('tools', ['anyOf', '0', '$defs', 'name'])).toBe('tools.anyOf[0].$defs.name');
    expect(toPath('tools', [])).toBe('tools');
  });
});
