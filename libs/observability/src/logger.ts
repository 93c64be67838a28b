import type { LoggerService } from '@nestjs/common';
import { destination, pino, type Logger as PinoLogger } from 'pino';

/** The logger of a service. Fields first, then the message: `log.info({ requestId }, 'answered')`. */
export type Logger = PinoLogger;

interface LoggerOptions {
  readonly service: string;
  readonly level: string;
  /** Texts that are never written. May be filled later, when they are known. */
  readonly secrets?: readonly string[];
}

/** A key of ours; its id may be shown. */
const KEYS = /lla_([a-z0-9]{10})_[A-Za-z0-9_-]{20,}/g;

/** The line without the secrets in it, wherever a client put them: a path, a header that is echoed, a cause. */
export function withoutSecrets(line: string, secrets: readonly string[]): string {
  let clean = line.includes('lla_') ? line.replace(KEYS, 'lla_$1_***') : line;
  for (const secret of secrets) if (clean.includes(secret)) clean = clean.replaceAll(secret, '***');
  return clean;
}

/** Most lines have nothing else. */
const ORDINARY = /^[\n\x20-\x7e]*$/;
/**
 * What a terminal or a log viewer would take for a command, for the end of a line, or for the order in which to write.
 * JSON itself escapes only the controls below the space.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function escaped(character: string): string {
  if (character === '\n') return character;
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

/** Lines of JSON with every character visible: those that are not are escaped, so the lines say the same. */
export function withVisibleCharacters(lines: string): string {
  return ORDINARY.test(lines) ? lines : lines.replace(UNSEEN, escaped);
}

/**
 * A logger that writes JSON lines to standard output from a buffer, so that no request waits for a write.
 * Call {@link flushLogger} before the process ends.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { secrets = [] } = options;
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: (line) => withVisibleCharacters(withoutSecrets(line, secrets)) },
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
