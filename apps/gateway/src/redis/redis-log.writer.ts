import type { Logger } from '@nestjs/common';
import type { RedisEvents } from './redis-connection.client.js';

/** What it means for users that Redis went, and that it came. */
export interface RedisWords {
  readonly away: string;
  readonly back: string;
}

/** Says in the log when Redis goes, and after that when it is back; not that it is there from the beginning. */
export function tellLog(logger: Pick<Logger, 'warn'>, { away, back }: RedisWords): RedisEvents {
  let wasLost = false;
  return {
    back: () => {
      if (wasLost) logger.warn(`Redis is back: ${back}.`);
    },
    lost: (error) => {
      wasLost = true;
      logger.warn(`Redis is away, ${away}: ${error.message}`);
    },
  };
}
