/** Injection token of the {@link BudgetStore}. */
export const BUDGET_STORE = Symbol('budget store');

/** Knows how many tokens keys have used in this calendar month (UTC), those of all gateways that share the store. */
export interface BudgetStore {
  /** Tokens used this month, as far as known. Answers from memory: no request waits for it. */
  usedThisMonth(callerId: string): number;
  /** Adds the tokens of a request that has ended. Told of every key, since one may get its budget later. */
  add(callerId: string, tokens: number): void;
}
