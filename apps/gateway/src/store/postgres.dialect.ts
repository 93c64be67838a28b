import { PostgresDialect } from 'kysely';
import pg, { type CustomTypesConfig } from 'pg';

/** Few: nothing that a client waits for asks the database. */
const MOST_CONNECTIONS = 4;
const CONNECT_TIMEOUT_MS = 2000;
const QUERY_TIMEOUT_MS = 2000;

/**
 * Postgres, for all replicas that have its address. A query fails within seconds when the server hangs. `lost` is told of
 * connections that end by themselves.
 */
export function openPostgres(url: string, lost: (error: Error) => void): PostgresDialect {
  // A bigint comes as a text from the driver: times and counts are far below 2^53.
  const types: CustomTypesConfig = {
    getTypeParser: (id, format) =>
      id === pg.types.builtins.INT8 ? Number : (pg.types.getTypeParser(id, format) as () => unknown),
  };
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'local-llm-agent',
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
    types,
  });
  // The pool listens to connections that are idle only: without this, the end of one in use would end the process.
  pool.on('connect', (client) => client.on('error', lost));
  pool.on('error', () => {
    // Told by the connection itself.
  });
  return new PostgresDialect({ pool });
}
