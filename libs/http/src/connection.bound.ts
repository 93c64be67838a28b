import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { backendUnavailable } from '@local-llm-agent/contracts';
import type { Logger } from '@local-llm-agent/observability';
import { ConnectionShares } from './connection-shares.state.js';
import { answerText } from './head.refusal.js';

/** How often the log says that connections are not taken. */
const QUIET_MS = 60_000;

/** Why a connection is not taken: there are no more, or its address holds its part of them. */
export type ConnectionRefusal = 'all_taken' | 'one_address';

/** How the connections of a port are shared. */
export interface ConnectionSharing {
  /** Whose connection it is, by the address at its other end; undefined for one that may take all there are. */
  readonly shareOf: (address: string) => string | undefined;
  /** Told of each connection that is not taken. */
  readonly refused: (why: ConnectionRefusal) => void;
}

interface Bound {
  readonly most: number;
  /** Undefined: who comes first is served first. */
  readonly sharing: ConnectionSharing | undefined;
  readonly logger: Pick<Logger, 'warn'> | undefined;
}

const WARNINGS: Readonly<Record<ConnectionRefusal, string>> = {
  all_taken: 'Too many connections: more are closed at once. Raise MAX_CONNECTIONS if that is not enough.',
  one_address:
    'One address has its part of the connections: more of it are closed at once. If it is a proxy of yours, name it in TRUST_PROXY; if many clients share it, raise MAX_CONNECTIONS.',
};

/**
 * Closes connections beyond the bound, and those of an address beyond its part, before anything is read of them. The log
 * says so at most once a minute for each of the two.
 */
export function boundConnections(server: Server, { most, sharing, logger }: Bound): void {
  const quietUntil: Record<ConnectionRefusal, number> = { all_taken: 0, one_address: 0 };
  const refused = (why: ConnectionRefusal, address: string | undefined): void => {
    sharing?.refused(why);
    const now = performance.now();
    if (now < quietUntil[why]) return;
    quietUntil[why] = now + QUIET_MS;
    logger?.warn(why === 'one_address' ? { most, address } : { most }, WARNINGS[why]);
  };
  server.maxConnections = most;
  server.on('drop', () => {
    refused('all_taken', undefined);
  });
  if (!sharing) return;
  const shares = new ConnectionShares(most);
  server.on('connection', (socket: Socket) => {
    const who = sharing.shareOf(socket.remoteAddress ?? 'unknown');
    if (shares.take(who)) {
      socket.once('close', () => {
        shares.giveBack(who);
      });
      return;
    }
    refused('one_address', who);
    turnAway(socket);
  });
}

/** Tells why, and closes at once: a place that waits for its client to leave would be one that an attacker holds. */
function turnAway(socket: Socket): void {
  const error = backendUnavailable(
    'Too many connections come from this address. Close some, or use them for several requests.',
    { retryAfterSeconds: 1 },
  );
  socket.write(answerText(error, randomUUID()));
  socket.destroy();
}
