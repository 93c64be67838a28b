import { describe, expect, it } from '@jest/globals';
import { CatalogIndex, parseCatalog } from '@local-llm-agent/config';
import type { Tier } from '@local-llm-agent/contracts';
import { isOpen, mayReadMetrics, mayUseModel, requireModel } from './access.policy.js';
import { anonymousCaller, type Caller } from './caller.types.js';

describe('a path', () => {
  it.each(['/', '/health', '/health/live', '/health/ready', '/docs', '/docs/', '/docs/swagger-ui.css'])(
    '%s is open to be read',
    (path) => {
      expect([isOpen('GET', path), isOpen('HEAD', path), isOpen('POST', path)]).toEqual([true, true, false]);
    },
  );

  it.each([
    '/v1/models',
    '/v1/chat/completions',
    '/api/tags',
    '/api/versions',
    '/models',
    '/mcp',
    '/mcp/tools',
    '/metrics',
    '/admin/keys',
    '/healthy',
    '//health',
    '/documents',
    '/openapi.jsonx',
    '/HEALTH',
    '',
    '/docs-json',
  ])('%s is not open', (path) => {
    expect(isOpen('GET', path)).toBe(false);
  });

  it('may be asked for its options', () => {
    expect(isOpen('OPTIONS', '/v1/chat/completions')).toBe(true);
  });
});

describe('metrics', () => {
  it.each([
    ['loopback', '127.0.0.1', false, true],
    ['loopback', '::1', false, true],
    ['loopback', '::ffff:127.0.0.1', false, true],
    ['loopback', '127.0.0.1', true, false],
    ['loopback', '10.0.0.1', false, false],
    ['open', '10.0.0.1', true, true],
    ['key', '127.0.0.1', false, false],
  ] as const)('with %s may be read from %s, forwarded %s: %s', (access, address, forwarded, may) => {
    expect(mayReadMetrics(access, { address, forwarded })).toBe(may);
  });
});

describe('a model', () => {
  const catalog = new CatalogIndex(
    parseCatalog(
      `tiers: { small: { defaultModel: b }, main: {} }
models: [{ id: a, aliases: [a1, a2], tier: main }, { id: b, aliases: [b1], tier: small }]`,
      'test',
    ),
  );
  const callerOf = (...models: string[]): Caller => ({ ...anonymousCaller('x'), models });

  it.each<[string[], string, Tier | undefined, boolean]>([
    [['a'], 'a', undefined, true],
    [['a'], 'a2', 'small', true],
    [['a1'], 'a2', undefined, true],
    [['a'], 'b', undefined, false],
    [['a'], 'A', undefined, false],
    [['b'], 'small', 'small', true],
    [['b'], 'auto', 'small', true],
    [['b'], 'auto', 'main', false],
    [['b'], 'auto', undefined, true],
    [['a'], 'auto', undefined, false],
    [['small'], 'b1', undefined, true],
    [['b'], 'main', 'main', false],
    [['main'], 'main', 'main', true],
    [['installed'], 'installed:latest', undefined, true],
    [['installed:latest'], 'installed', undefined, true],
    [['installed'], 'installed:8b', undefined, false],
    [['installed'], 'constructor', undefined, false],
    [[], 'a', undefined, false],
  ])('for a key with %j: %s in the tier %s is allowed: %s', (allowed, name, tier, may) => {
    expect(mayUseModel(callerOf(...allowed), catalog, name, tier)).toBe(may);
  });

  it('is allowed by a key that names none', () => {
    expect(mayUseModel(anonymousCaller('x'), catalog, 'anything')).toBe(true);
  });

  it('that is refused is named, as far as a name goes', () => {
    expect(() => {
      requireModel(callerOf('a'), catalog, `b${'x'.repeat(5000)}`);
    }).toThrow(expect.objectContaining({ status: 403, param: 'model', message: expect.stringMatching(/^.{1,400}$/) }));
  });
});
