import type { OnModuleDestroy } from '@nestjs/common';
import type { BudgetStore } from '../admission/budget-store.contract.js';
import type { KeyDirectory } from '../keys/key-directory.service.js';
import type { UsageLedger } from './usage-ledger.service.js';
import { monthOf } from './usage.types.js';

/** Pause between two looks at what other processes have used. */
const POLL_MS = 1000;

/**
 * Counts the tokens of months in the store, for all processes that share it. Each knows its own use at once and that of
 * the others about a second later: a budget may be passed by what runs within that time.
 */
export class StoredBudget implements BudgetStore, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  /** @param clock Unix milliseconds */
  constructor(
    private readonly ledger: UsageLedger,
    private readonly keys: Pick<KeyDirectory, 'hasBudgets'>,
    private readonly clock: () => number = () => Date.now(),
  ) {}

  /** Reads what was used before, then keeps up with other processes. Does not reject: without the store it knows its own use only. */
  async start(): Promise<void> {
    await this.look();
  }

  usedThisMonth(callerId: string): number {
    return this.ledger.spentIn(monthOf(this.clock()), callerId);
  }

  add(callerId: string, tokens: number): void {
    if (tokens > 0) this.ledger.spend(monthOf(this.clock()), callerId, tokens);
  }

  onModuleDestroy(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    // A failure is noted and logged by the ledger, and the next look comes in any case.
    if (this.keys.hasBudgets) await this.ledger.refresh(monthOf(this.clock())).catch(() => undefined);
    if (this.closed) return;
    this.timer = setTimeout(() => void this.look(), POLL_MS).unref();
  }
}
