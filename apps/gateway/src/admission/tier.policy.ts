import { TIERS, invalidRequest, isTier, type Tier } from '@local-llm-agent/contracts';
import type { CatalogIndex } from '@local-llm-agent/config';

/**
 * The tier of a request.
 * 1. The header X-Tier, when set; an unknown one is a 400.
 * 2. Else the tier of the model; `auto` goes by the estimated length of the prompt.
 */
export function decideTier(
  header: string | string[] | undefined,
  model: string,
  promptTokens: number,
  catalog: CatalogIndex,
): Tier {
  // 1.
  if (header !== undefined) {
    if (typeof header === 'string' && isTier(header)) return header;
    throw invalidRequest(`X-Tier must be one of ${TIERS.join(', ')}.`, { param: 'X-Tier' });
  }
  // 2.
  return catalog.tierOf(model, promptTokens);
}
