import { describe, expect, it } from '@jest/globals';
import { CatalogIndex, parseCatalog } from '@local-llm-agent/config';
import { ApiError } from '@local-llm-agent/contracts';
import { decideTier } from './tier.policy.js';

const catalog = new CatalogIndex(
  parseCatalog('models: [{ id: big, aliases: [large], tier: main }, { id: tiny }]', 'test'),
);

describe('the tier of a request', () => {
  it.each([
    ['the header before the model', 'small', 'big', 0, 'small'],
    ['the header before the virtual name', 'main', 'small', 0, 'main'],
    ['the model without a header', undefined, 'big', 0, 'main'],
    ['the model behind an alias', undefined, 'large', 0, 'main'],
    ['small for an unknown model', undefined, 'unknown', 1_000_000, 'small'],
    ['small for a short prompt to auto', undefined, 'auto', 2000, 'small'],
    ['main for a long prompt to auto', undefined, 'auto', 2001, 'main'],
  ])('is %s', (...[, header, model, tokens, tier]) => {
    expect(decideTier(header, model, tokens, catalog)).toBe(tier);
  });

  it.each([['huge'], [''], ['Small'], ['small, main'], [['small', 'main']]])('is not the unknown %j', (header) => {
    const decide = (): unknown => decideTier(header, 'tiny', 0, catalog);
    expect(decide).toThrow(ApiError);
    expect(decide).toThrow(
      expect.objectContaining({
        status: 400,
        code: 'invalid_request',
        param: 'X-Tier',
        message: 'X-Tier must be one of small, main.',
      }),
    );
  });
});
