import 'reflect-metadata';
import { CatalogError, SettingsError, loadCatalog, loadSettings, secretsOf } from '@local-llm-agent/config';
import { EXIT_CONFIG, ListenError, exitAfterFailedStart, listenAll, shutdownOnSignal } from '@local-llm-agent/http';
import { createLogger } from '@local-llm-agent/observability';
import { shareOf } from './admission/connection-share.policy.js';
import { createGateway } from './gateway.app.js';

const secrets: string[] = [];
const logger = createLogger({ service: 'gateway', level: 'info', secrets });
try {
  const settings = loadSettings(process.env);
  logger.level = settings.LOG_LEVEL;
  secrets.push(...secretsOf(settings));
  const { app, edge, metrics, listener } = await createGateway(settings, loadCatalog(settings.CATALOG), logger);
  const servers = await listenAll(listener, {
    host: settings.HOST,
    ports: settings.GATEWAY_PORTS,
    setting: 'GATEWAY_PORTS',
    mostConnections: settings.MAX_CONNECTIONS,
    sharing: {
      shareOf: (address) => shareOf(address, settings.TRUST_PROXY),
      refused: (reason) => metrics.connectionRefused(reason),
    },
    logger,
  });
  shutdownOnSignal({
    app,
    edge,
    servers,
    logger,
    delayMs: settings.SHUTDOWN_DELAY_SECONDS * 1000,
    graceMs: settings.SHUTDOWN_GRACE_SECONDS * 1000,
  });
  logger.info({ host: settings.HOST, ports: settings.GATEWAY_PORTS, engine: settings.ENGINE_URL }, 'gateway listens');
} catch (error) {
  const config = error instanceof SettingsError || error instanceof CatalogError || error instanceof ListenError;
  await exitAfterFailedStart(error, logger, config ? EXIT_CONFIG : 1);
}
