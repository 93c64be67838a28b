import type { LoggerService } from '@nestjs/common';
import { destination, pino, type Logger as PinoLogger } from 'pino';

/** The logger of a service. Fields first, then the message: `log.info({ requestId }, 'answered')`. */
export type Logger = PinoLogger;

/**
 * A logger that writes JSON lines to standard output from a buffer, so that no request waits for a write.
 * Call {@link flushLogger} before the process ends.
 */
export function createLogger(options: { service: string; level: string }): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ dest: 1, sync: false, minLength: 4096, periodicFlush: 500 }),
  );
}

/** Writes out what is still buffered. */
export function flushLogger(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    logger.flush(() => {
      resolve();
    });
  });
}

/** Nest's own messages, in our log. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown): void {
    this.logger.debug(String(message));
  }

  error(message: unknown): void {
    this.logger.error(message instanceof Error ? { err: message } : {}, String(message));
  }

  warn(message: unknown): void {
    this.logger.warn(String(message));
  }
}
