import type { CatalogIndex } from '@local-llm-agent/config';
import { NEEDS, permissionDenied, type Tier } from '@local-llm-agent/contracts';
import type { Wish } from './wish.types.js';

/** What decides about the tier of a request. */
export interface TierQuestion {
  readonly wish: Wish;
  /** Of the header X-Tier. */
  readonly forced: Tier | undefined;
  /** Those the caller may use; undefined: all. */
  readonly allowed: readonly Tier[] | undefined;
}

/** Tokens that an answer has room for where the request does not say. */
const USUAL_ANSWER_TOKENS = 512;

function isAllowed(tier: Tier, { allowed }: TierQuestion): boolean {
  return allowed?.includes(tier) ?? true;
}

function denied(tier: Tier, { wish: { model }, allowed = [], forced }: TierQuestion): Error {
  const others = allowed.length > 0 ? allowed.join(', ') : 'none';
  const reason = forced === undefined ? `which the model '${model}' is in` : 'which the header X-Tier asks for';
  const way = forced === undefined && allowed[0] ? ` Ask for another model, or send X-Tier: ${allowed[0]}.` : '';
  return permissionDenied(`This key may not use the tier ${tier}, ${reason}; it may use: ${others}.${way}`, {
    reason: 'tier',
    param: forced === undefined ? 'model' : 'X-Tier',
  });
}

/** Whether the small tier is meant for what is asked, see {@link decideTier}. */
function suitsSmall({ promptTokens, answerTokens = USUAL_ANSWER_TOKENS, needs }: Wish, catalog: CatalogIndex): boolean {
  const { small } = catalog.catalog.tiers;
  if (promptTokens > small.autoPromptTokens) return false;
  const context = small.defaultModel === undefined ? undefined : catalog.find(small.defaultModel)?.contextLength;
  if (context !== undefined && promptTokens + answerTokens > context) return false;
  return !needs || NEEDS.every((need) => !needs[need] || small.autoTakes.includes(need));
}

/**
 * The tier of a request:
 *
 * 1. the one that X-Tier names;
 * 2. of a model (or of `small` and `main`, which stand for the default model of a tier), the model's;
 * 3. of `auto`, the only tier that the caller may use, or the only one with a default model, else
 *    small if it suits and main if not. Small suits when
 *    a. the prompt is not longer than its `autoPromptTokens`,
 *    b. prompt and answer fit into the context of its default model, where the catalog tells that,
 *    c. what is needed besides (tools, images, a JSON schema) is among its `autoTakes`.
 *
 * Throws 403 for a tier that the caller may not use.
 */
export function decideTier(question: TierQuestion, catalog: CatalogIndex): Tier {
  const { wish, forced, allowed } = question;
  // 1.
  if (forced !== undefined && isAllowed(forced, question)) return forced;
  if (forced !== undefined) throw denied(forced, question);
  // 2.
  if (wish.model !== 'auto') {
    const tier = catalog.tierOf(wish.model);
    if (isAllowed(tier, question)) return tier;
    throw denied(tier, question);
  }
  // 3.
  const [only, ...others] = allowed ?? [];
  if (only !== undefined && others.length === 0) return only;
  const { small, main } = catalog.catalog.tiers;
  if (small.defaultModel === undefined && main.defaultModel !== undefined) return 'main';
  if (main.defaultModel === undefined && small.defaultModel !== undefined) return 'small';
  return suitsSmall(wish, catalog) ? 'small' : 'main';
}
