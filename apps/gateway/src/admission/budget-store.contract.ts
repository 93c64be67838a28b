/** Injection token of the {@link BudgetStore}. */
export const BUDGET_STORE = Symbol('budget store');

/** Knows how many tokens callers used in this calendar month (UTC). Only those are asked for that have a budget. */
export interface BudgetStore {
  /** Tokens used this month, as far as known. Answers from memory: no request waits for it. */
  usedThisMonth(callerId: string): number;
  /** Adds the tokens of a request that has ended. */
  add(callerId: string, tokens: number): void;
}
