import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import {
  ENGINE_PATHS,
  backendUnavailable,
  toApiError,
  type PullList,
  type PullOrder,
  type PullStatus,
} from '@local-llm-agent/contracts';
import { contextOf } from '@local-llm-agent/http';
import { CacheRoad } from '../inference/cache-road.service.js';
import { EngineManagementClient } from '../inference/engine-management.client.js';

const LOOK_TIMEOUT_MS = 5000;

/**
 * Pulls that do not end with their client: whoever ordered one may leave, and anybody sees and ends it. The engine knows
 * of all pulls; the exchange with it is held here, so that old answers of the model are forgotten when it has come.
 */
@Injectable()
export class PullsService implements OnModuleDestroy {
  private readonly closing = new AbortController();
  private readonly logger = new Logger(PullsService.name);

  constructor(
    private readonly engine: EngineManagementClient,
    private readonly cache: CacheRoad,
  ) {}

  /** All pulls, however they began. */
  async list(res: ServerResponse): Promise<PullList> {
    return JSON.parse(await this.ask('GET', ENGINE_PATHS.pulls, res)) as PullList;
  }

  /** Begins a pull, and gives it once it is under way; the one that is under way already where there is one. */
  async begin(order: PullOrder, res: ServerResponse): Promise<PullStatus> {
    const before = (await this.list(res)).pulls.find(
      ({ model, runtime, state }) =>
        state === 'running' && model === order.model && (order.runtime ?? runtime) === runtime,
    );
    if (before) return before;
    const requestId = randomUUID();
    const { signal } = this.closing;
    const lines = this.engine.lines({ method: 'POST', path: ENGINE_PATHS.pull, body: order, requestId, signal });
    // What is refused is refused before the first step.
    await lines.next();
    void this.follow(lines, order.model);
    const begun = (await this.list(res)).pulls.find(({ id }) => id === requestId);
    if (!begun) throw backendUnavailable('The pull has ended already. GET /admin/pulls lists what goes on.');
    return begun;
  }

  /** Ends a pull, or forgets one that has ended. Throws a 404. */
  async end(id: string, res: ServerResponse): Promise<PullStatus> {
    return JSON.parse(await this.ask('POST', `${ENGINE_PATHS.pulls}/${encodeURIComponent(id)}/end`, res)) as PullStatus;
  }

  /** Ends the pulls that were begun here. */
  onModuleDestroy(): void {
    this.closing.abort(backendUnavailable('The gateway shuts down.'));
  }

  private ask(method: 'GET' | 'POST', path: string, res: ServerResponse): Promise<string> {
    const { id: requestId } = contextOf(res);
    return this.engine.text({ method, path, requestId, signal: AbortSignal.timeout(LOOK_TIMEOUT_MS) });
  }

  private async follow(lines: AsyncGenerator<string>, model: string): Promise<void> {
    try {
      while ((await lines.next()).done !== true);
    } catch (error) {
      // The engine tells who asks how it ended.
      this.logger.warn(`the pull of ${model} ended early: ${toApiError(error).message}`);
    } finally {
      await this.cache.forget();
    }
  }
}
