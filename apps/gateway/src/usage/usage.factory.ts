import type { Settings } from '@local-llm-agent/config';
import type { KeyDirectory } from '../keys/key-directory.service.js';
import type { Store } from '../store/store.service.js';
import { StoredBudget } from './stored-budget.service.js';
import { UsageCleaner } from './usage-cleaner.service.js';
import { UsageLedger, type LedgerNotes } from './usage-ledger.service.js';
import { UsageReportService } from './usage-report.service.js';
import type { UsageRecord } from './usage.types.js';

/** What the keeping of usage needs. */
interface UsageOptions {
  readonly settings: Pick<Settings, 'USAGE' | 'USAGE_REQUEST_DAYS' | 'USAGE_DAYS'>;
  readonly store: Store;
  readonly keys: KeyDirectory;
  readonly notes: LedgerNotes;
}

/** All that keeps usage, and reads it. */
export interface UsageParts {
  readonly ledger: UsageLedger;
  readonly budget: StoredBudget;
  readonly cleaner: UsageCleaner;
  readonly reports: UsageReportService;
  /** Notes a request that is over. Waits for nothing, and never throws. */
  readonly record: (request: UsageRecord) => void;
  /** Reads what budgets need, and begins to clean. Does not reject when the store is away. */
  readonly start: () => Promise<void>;
}

/** Makes what keeps usage. With USAGE=off only the tokens of months are kept, which budgets need. */
export function createUsage({ settings, store, keys, notes }: UsageOptions): UsageParts {
  const ledger = new UsageLedger(store, notes);
  const budget = new StoredBudget(ledger, keys);
  const cleaner = new UsageCleaner(store, settings);
  return {
    ledger,
    budget,
    cleaner,
    reports: new UsageReportService(store, ledger, keys, settings.USAGE),
    record: (request) => {
      if (settings.USAGE) ledger.record(request);
    },
    start: async () => {
      cleaner.start();
      await budget.start();
    },
  };
}
