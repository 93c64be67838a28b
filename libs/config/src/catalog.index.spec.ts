import { describe, expect, it } from '@jest/globals';
import { CatalogIndex } from './catalog.index.js';
import { parseCatalog } from './catalog.parse.js';

const index = new CatalogIndex(
  parseCatalog(
    `models: [{ id: a, aliases: [b], tier: main }, { id: c, tier: small }]
uncatalogued: { tier: main }`,
    'test.yaml',
  ),
);

describe('the index of a catalog', () => {
  it('finds a model by id and by alias, and nothing else', () => {
    expect([index.find('a')?.id, index.find('b')?.id, index.find('c')?.id]).toEqual(['a', 'a', 'c']);
    expect([index.find('A'), index.find(''), index.find('toString'), index.find('auto')]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('knows the names that stand for a default model', () => {
    expect(['auto', 'small', 'main', 'a', 'Auto'].map((name) => index.isVirtual(name))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it.each([
    ['a', 'main'],
    ['b', 'main'],
    ['c', 'small'],
    ['small', 'small'],
    ['main', 'main'],
    ['auto', 'small'],
    ['unknown', 'main'],
  ])('knows the tier of %s', (name, tier) => {
    expect(index.tierOf(name)).toBe(tier);
  });
});
