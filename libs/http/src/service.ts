import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { backendUnavailable, type ApiError } from '@local-llm-agent/contracts';
import { flushLogger, type Logger } from '@local-llm-agent/observability';
import type { HttpEdge } from './http-edge.js';
import { RequestWatch } from './request.watch.js';
import { closeAll } from './servers.js';

/** What a shutdown has to take care of. */
interface ShutdownOptions {
  readonly app: INestApplication;
  readonly edge: HttpEdge;
  readonly servers: readonly Server[];
  readonly logger: Logger;
  /** Time between "not ready" and the end of listening, for load balancers to notice. */
  readonly delayMs: number;
  /** Time that running requests have to finish. */
  readonly graceMs: number;
}

/**
 * Ends the process on SIGTERM, on SIGINT, and when the parent that started it with an IPC channel is gone: not ready
 * at once, running requests finish within the grace period or end with an error, then exit code 0.
 */
export function shutdownOnSignal(options: ShutdownOptions): void {
  let begun = false;
  const shutdown = async (why: string): Promise<void> => {
    if (begun) return;
    begun = true;
    options.logger.info(`${why}: finishing running requests`);
    options.edge.drain();
    await new Promise((resolve) => setTimeout(resolve, options.delayMs));
    await closeAll(options.servers, options.graceMs, () => {
      options.app.get(RequestWatch).stopAll(shuttingDown());
    });
    await options.app.close();
    options.logger.info('stopped');
    await flushLogger(options.logger);
    process.exit(0);
  };
  const begin = (why: string): void => {
    shutdown(why).catch((error: unknown) => {
      options.logger.fatal({ err: error }, 'the shutdown failed');
      process.exit(1);
    });
  };
  process.once('SIGTERM', begin);
  process.once('SIGINT', begin);
  process.once('disconnect', () => {
    begin('parent gone');
  });
}

function shuttingDown(): ApiError {
  return backendUnavailable('The service shut down before the answer was complete. Try again.', {
    retryAfterSeconds: 1,
  });
}

/** Logs a start that failed and ends the process: the message tells the user what to change. */
export async function exitAfterFailedStart(error: unknown, logger: Logger, exitCode: number): Promise<never> {
  logger.fatal(exitCode === 1 ? { err: error } : {}, error instanceof Error ? error.message : String(error));
  await flushLogger(logger);
  process.exit(exitCode);
}
