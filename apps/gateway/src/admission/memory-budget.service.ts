import type { BudgetStore } from './budget-store.contract.js';

/** Counts the tokens of a month in the memory of this process: they are forgotten with it. */
export class MemoryBudget implements BudgetStore {
  private readonly used = new Map<string, number>();
  private month = '';

  /** @param clock the time of day; its months begin at midnight UTC */
  constructor(private readonly clock: () => Date = () => new Date()) {}

  usedThisMonth(callerId: string): number {
    this.turn();
    return this.used.get(callerId) ?? 0;
  }

  add(callerId: string, tokens: number): void {
    this.turn();
    this.used.set(callerId, (this.used.get(callerId) ?? 0) + tokens);
  }

  private turn(): void {
    const month = this.clock().toISOString().slice(0, 7);
    if (month === this.month) return;
    this.month = month;
    this.used.clear();
  }
}
