import 'reflect-metadata';
import { CatalogError, SettingsError, loadCatalog, loadSettings, secretsOf } from '@local-llm-agent/config';
import { EXIT_CONFIG, ListenError, exitAfterFailedStart, listenAll, shutdownOnSignal } from '@local-llm-agent/http';
import { createLogger } from '@local-llm-agent/observability';
import { createEngine } from './engine.app.js';

const secrets: string[] = [];
const logger = createLogger({ service: 'engine', level: 'info', secrets });
try {
  const settings = loadSettings(process.env);
  logger.level = settings.LOG_LEVEL;
  secrets.push(...secretsOf(settings));
  const engine = await createEngine(settings, loadCatalog(settings.CATALOG, { files: true }), logger);
  const servers = await listenAll(engine.listener, {
    host: settings.ENGINE_HOST,
    ports: [settings.ENGINE_PORT],
    setting: 'ENGINE_PORT',
    mostConnections: settings.MAX_CONNECTIONS,
    logger,
  });
  shutdownOnSignal({
    app: engine.app,
    edge: engine.edge,
    servers,
    logger,
    delayMs: settings.SHUTDOWN_DELAY_SECONDS * 1000,
    graceMs: settings.SHUTDOWN_GRACE_SECONDS * 1000,
  });
  logger.info(
    {
      host: settings.ENGINE_HOST,
      port: settings.ENGINE_PORT,
      runtimes: engine.runtimes.map(({ id }) => id),
    },
    'engine listens',
  );
} catch (error) {
  const config = error instanceof SettingsError || error instanceof CatalogError || error instanceof ListenError;
  await exitAfterFailedStart(error, logger, config ? EXIT_CONFIG : 1);
}
