import { describe, expect, it } from '@jest/globals';
import { CatalogIndex, parseCatalog } from '@local-llm-agent/config';
import type { Need } from '@local-llm-agent/contracts';
import { ApiError, type Tier } from '@local-llm-agent/contracts';
import { decideTier } from './tier.policy.js';

const CATALOG = `
tiers:
  small: { autoPromptTokens: 1000, defaultModel: little }
  main: { defaultModel: big }
models:
  - { id: little, tier: small, contextLength: 1400 }
  - { id: big, tier: main }
`;

interface Case {
  readonly model?: string;
  readonly promptTokens?: number;
  readonly answerTokens?: number;
  readonly needs?: Need;
  readonly forced?: Tier;
  readonly allowed?: readonly Tier[];
  readonly catalog?: string;
}

function decide({ catalog = CATALOG, forced, allowed, needs, ...wish }: Case): Tier {
  const needed = { tools: needs === 'tools', images: needs === 'images', schema: needs === 'schema' };
  const { model = 'auto', promptTokens = 10, answerTokens = 100 } = wish;
  const question = { wish: { model, promptTokens, answerTokens, needs: needed }, forced, allowed };
  return decideTier(question, new CatalogIndex(parseCatalog(catalog, 'test')));
}

function denialOf(asked: Case): Pick<ApiError, 'status' | 'code' | 'param' | 'message'> | undefined {
  try {
    decide(asked);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  return undefined;
}

describe('the tier of a request', () => {
  it.each<[string, Case, Tier]>([
    ['X-Tier names, before all else', { forced: 'small', model: 'big' }, 'small'],
    ['X-Tier names, for a key that may use it', { forced: 'main', model: 'little', allowed: ['main'] }, 'main'],
    ['its model has', { model: 'big', needs: 'schema' }, 'main'],
    ['its model has, however long the prompt', { model: 'little', promptTokens: 5000, needs: 'tools' }, 'small'],
    ['it names itself', { model: 'main' }, 'main'],
    ['models outside of the catalog have', { model: 'any' }, 'small'],
  ])('is the one that %s', (_, asked, tier) => {
    expect(decide(asked)).toBe(tier);
  });

  it.each<[string, Case, Tier]>([
    ['a short text', {}, 'small'],
    ['a prompt as long as small takes', { promptTokens: 1000 }, 'small'],
    ['a longer prompt', { promptTokens: 1001 }, 'main'],
    ['an answer that just fits behind it', { promptTokens: 1000, answerTokens: 400 }, 'small'],
    ['an answer that does not', { promptTokens: 1000, answerTokens: 401 }, 'main'],
    ['a JSON schema', { needs: 'schema' }, 'small'],
    ['tools', { needs: 'tools' }, 'main'],
    ['images', { needs: 'images' }, 'main'],
  ])('is, with the model name auto, for %s decided by what it needs', (_, asked, tier) => {
    expect(decide(asked)).toBe(tier);
  });

  it('follows what the catalog says that small takes', () => {
    const catalog = CATALOG.replace('autoPromptTokens: 1000', 'autoTakes: [tools]');
    const decided = (['tools', 'images', 'schema'] as const).map((needs) => decide({ needs, catalog }));
    expect(decided).toEqual(['small', 'main', 'main']);
  });

  it.each<[string, Case, Tier]>([
    ['the caller may use', { needs: 'tools', allowed: ['small'] }, 'small'],
    ['the caller may use, main', { allowed: ['main'] }, 'main'],
    ['has a default model', { catalog: 'tiers: { main: { defaultModel: a } }' }, 'main'],
    [
      'has a default model, small',
      { needs: 'images', promptTokens: 9999, catalog: 'tiers: { small: { defaultModel: a } }' },
      'small',
    ],
  ])('is, with the model name auto, the only one that %s', (_, asked, tier) => {
    expect(decide(asked)).toBe(tier);
  });

  it('is refused to a key that may not use the one in X-Tier', () => {
    expect(denialOf({ forced: 'main', allowed: ['small'] })).toMatchObject({
      status: 403,
      code: 'permission_denied',
      param: 'X-Tier',
      message: 'This key may not use the tier main, which the header X-Tier asks for; it may use: small.',
    });
  });

  it('is refused to a key that may not use the one of the model, with the way out', () => {
    expect(denialOf({ model: 'big', allowed: ['small'] })).toMatchObject({
      status: 403,
      param: 'model',
      message:
        "This key may not use the tier main, which the model 'big' is in; it may use: small. Ask for another model, or send X-Tier: small.",
    });
    expect(denialOf({ model: 'big', allowed: [] })?.message).toContain('it may use: none.');
  });
});
