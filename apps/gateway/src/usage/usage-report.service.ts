import {
  ApiError,
  backendUnavailable,
  invalidRequest,
  type RecordedRequests,
  type RequestsTerms,
  type UsageReport,
  type UsageTerms,
} from '@local-llm-agent/contracts';
import { adminKeyCaller } from '../admission/caller.types.js';
import type { KeyDirectory } from '../keys/key-directory.service.js';
import type { Database } from '../store/database.factory.js';
import type { Store } from '../store/store.service.js';
import type { UsageLedger } from './usage-ledger.service.js';
import { readRequests, readSums } from './usage-report.client.js';
import { toRecordedRequest, toUsageReport } from './usage-report.translate.js';

/** Most rows of a report: more is nothing that anybody reads, and would hold up the requests that run. */
const MOST_ROWS = 10_000;

/** Reads what was used. What this process has not written yet is written first, so that an answer has all of it. */
export class UsageReportService {
  private readonly bootstrap = adminKeyCaller();

  /** @param recording whether requests are recorded now; what was recorded before is read all the same */
  constructor(
    private readonly store: Store,
    private readonly ledger: UsageLedger,
    private readonly keys: Pick<KeyDirectory, 'find'>,
    private readonly recording: boolean,
  ) {}

  /** Sums by what they are grouped by. Throws a 400 for too many rows, and a 503 while the store is away. */
  async report(terms: UsageTerms): Promise<UsageReport> {
    const rows = await this.read((db) => readSums(db, terms, MOST_ROWS + 1));
    if (rows.length > MOST_ROWS) {
      throw invalidRequest(
        `That would be more than ${MOST_ROWS} rows. Ask for fewer days, or leave out a part of groupBy.`,
        { param: 'groupBy' },
      );
    }
    return { recording: this.recording, ...toUsageReport(terms, rows, this.nameOf) };
  }

  /** The last requests that match, the last one first. Throws a 503 while the store is away. */
  async requests(terms: RequestsTerms): Promise<RecordedRequests> {
    const rows = await this.read((db) => readRequests(db, terms));
    return { recording: this.recording, data: rows.map((row) => toRecordedRequest(row, this.nameOf)) };
  }

  private readonly nameOf = (caller: string): string | null => {
    if (caller === this.bootstrap.id) return this.bootstrap.name;
    return this.keys.find(caller)?.name ?? null;
  };

  private async read<T>(use: (db: Database) => Promise<readonly T[]>): Promise<readonly T[]> {
    try {
      await this.ledger.flush();
      // Asking makes no file.
      return (await this.store.exists()) ? await use(await this.store.open()) : [];
    } catch (cause) {
      if (cause instanceof ApiError) throw cause;
      throw backendUnavailable(
        `The store of the usage does not answer (${this.store.place}). Check DATABASE_URL, or that DATA_DIR can be written, and try again.`,
        { origin: 'gateway', cause, retryAfterSeconds: 1 },
      );
    }
  }
}
