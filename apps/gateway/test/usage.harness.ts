import type { Settings } from '@local-llm-agent/config';
import type { RecordedRequest, UsageReport } from '@local-llm-agent/contracts';
import { FakeEngine } from '@local-llm-agent/testing';
import { ask, startGateway, type Answer, type RunningGateway } from './gateway.harness.js';
import { ADMIN_KEY, KeysClient, bearer, dataFolder } from './keys.harness.js';
import { PostgresServer, ensurePostgres } from './postgres.harness.js';

/** Where usage is kept in a test, and how to be rid of it. */
export interface UsagePlace {
  readonly DATA_DIR: string;
  readonly DATABASE_URL: string | undefined;
  readonly postgres: PostgresServer | undefined;
  remove(): Promise<void>;
}

const missing = ensurePostgres();

/** The two stores; every expectation holds for both. `skipped` says why one is not there. */
export const STORES = [
  { store: 'a file', isPostgres: false, skipped: undefined },
  { store: 'a real Postgres', isPostgres: true, skipped: missing },
] as const;

/** Makes an empty store. */
export async function usagePlace(isPostgres: boolean): Promise<UsagePlace> {
  const data = dataFolder();
  const postgres = isPostgres ? await PostgresServer.start() : undefined;
  return {
    DATA_DIR: data.DATA_DIR,
    DATABASE_URL: postgres?.url,
    postgres,
    remove: async () => {
      await postgres?.remove();
      data.remove();
    },
  };
}

/** What operators see of usage, over HTTP. */
export class UsageClient {
  constructor(
    private readonly gateway: Pick<RunningGateway, 'port'>,
    private readonly key: string = ADMIN_KEY,
  ) {}

  /** Any question; the path is what follows `/admin/`. */
  ask(path: string): Promise<Answer> {
    return ask(this.gateway as RunningGateway, { path: `/admin/${path}`, headers: bearer(this.key) });
  }

  /** Sums. */
  async report(query = ''): Promise<UsageReport> {
    return (await this.good(`usage?${query}`)).json() as UsageReport;
  }

  /** The last requests, the last one first. */
  async requests(query = ''): Promise<RecordedRequest[]> {
    return ((await this.good(`requests?${query}`)).json() as { data: RecordedRequest[] }).data;
  }

  private async good(path: string): Promise<Answer> {
    const answer = await this.ask(path);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.text}`);
    return answer;
  }
}

/** A gateway that keeps usage, in a store of its own, with all that is around it. */
export interface UsageSystem {
  readonly place: UsagePlace;
  readonly engine: FakeEngine;
  readonly gateway: RunningGateway;
  readonly usage: UsageClient;
  readonly keys: KeysClient;
  stop(): Promise<void>;
}

/** Starts it, with the admin key. */
export async function startUsage(isPostgres: boolean, settings: Partial<Settings> = {}): Promise<UsageSystem> {
  const place = await usagePlace(isPostgres);
  const { DATA_DIR, DATABASE_URL } = place;
  const engine = await FakeEngine.start();
  const gateway = await startGateway(engine.url, {
    settings: { DATA_DIR, DATABASE_URL, ADMIN_KEY, USAGE: true, ...settings },
  });
  return {
    place,
    engine,
    gateway,
    usage: new UsageClient(gateway),
    keys: new KeysClient(gateway),
    stop: async () => {
      await gateway.stop();
      await engine.close();
      await place.remove();
    },
  };
}
