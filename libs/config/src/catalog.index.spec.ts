import { describe, expect, it } from '@jest/globals';
import { isAdapted } from './adapted-model.policy.js';
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

describe('an adapter', () => {
  const adapted = new CatalogIndex(
    parseCatalog(
      `models:
  - { id: a, aliases: [b], tier: main, memory: 1GiB, preload: true, fallbacks: [c], defaults: { temperature: 1, topP: 0.5 },
      adapters: [{ id: x, description: X, system: s, defaults: { temperature: 0 } }, { id: y, lora: y.gguf }] }
  - { id: c }`,
      'test.yaml',
    ),
  );

  it('is a model under every name of its base', () => {
    for (const name of ['a:x', 'b:x']) {
      expect(adapted.find(name)).toMatchObject({
        id: 'a:x',
        aliases: ['b:x'],
        description: 'X',
        base: { id: 'a' },
        adapter: { id: 'x', system: 's' },
      });
    }
    expect(adapted.models.map(({ id }) => id)).toEqual(['a', 'a:x', 'a:y', 'c']);
    expect([adapted.find('x'), adapted.find('c:x'), adapted.find('a:z')]).toEqual([undefined, undefined, undefined]);
  });

  it('has what its base has, but for what it sets', () => {
    expect(adapted.find('a:x')).toMatchObject({ tier: 'main', memory: 2 ** 30, fallbacks: ['c'], adapters: [] });
    expect(adapted.find('a:x')?.defaults).toEqual({ temperature: 0, topP: 0.5 });
    expect(adapted.find('a:y')?.defaults).toEqual({ temperature: 1, topP: 0.5 });
    expect(adapted.tierOf('b:x')).toBe('main');
  });

  it('is told from its base', () => {
    expect(['a', 'a:x', 'c'].map((name) => adapted.find(name)).map((model) => model && isAdapted(model))).toEqual([
      false,
      true,
      false,
    ]);
  });
});
