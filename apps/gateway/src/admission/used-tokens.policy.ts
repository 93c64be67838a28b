/** What the context of a request says of its tokens. */
export interface TokenFacts {
  readonly promptTokens?: number;
  readonly completionTokens?: number;
  readonly seenTokens?: number;
  readonly promptEstimate?: number;
  readonly cached?: boolean;
}

/** Tokens that a request counts for. */
export interface UsedTokens {
  readonly prompt: number;
  readonly completion: number;
  /** Whether they were counted; else they are estimated. */
  readonly exact: boolean;
}

/**
 * Tokens that a request counts for, once it is over. The real ones, where the engine has told them; none, where it never
 * reached a model, the answer was not made for it, or it failed before anything was written. Else the answer broke off, or
 * the client left: the prompt as it was estimated, and what was seen of the answer.
 */
export function usedTokens(facts: TokenFacts, failed: boolean): UsedTokens {
  const { promptTokens, completionTokens = 0, seenTokens = 0, promptEstimate, cached } = facts;
  if (promptTokens !== undefined) return { prompt: promptTokens, completion: completionTokens, exact: true };
  if (promptEstimate === undefined || cached || (failed && seenTokens === 0))
    return { prompt: 0, completion: 0, exact: true };
  return { prompt: promptEstimate, completion: seenTokens, exact: false };
}
