import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import helmet from 'helmet';
import type { CatalogIndex, Settings } from '@local-llm-agent/config';
import { HttpEdge, SiteGuard, createHttpApplication, type HttpApplication } from '@local-llm-agent/http';
import type { Logger } from '@local-llm-agent/observability';
import { ActivityService } from './activity/activity.service.js';
import { isOpen } from './admission/access.policy.js';
import { AccessService } from './admission/access.service.js';
import { AppModule } from './app.module.js';
import { DOCS_PAGE } from './http/docs-page.policy.js';
import { errorBody, errorEvent, headersOf } from './http/error.translate.js';
import { describeKeys } from './http/openapi-keys.translate.js';
import { toOpenApi31 } from './http/openapi.translate.js';
import { KeyDirectory } from './keys/key-directory.service.js';
import { KeyUses } from './keys/key-uses.service.js';
import { GatewayMetrics } from './metrics/gateway.metrics.js';
import { Store } from './store/store.service.js';
import { toUsageRecord } from './usage/usage-record.translate.js';
import { createUsage } from './usage/usage.factory.js';
import { VERSION } from './version.js';

/** A gateway that is ready to listen. */
export interface GatewayApp extends HttpApplication {
  readonly edge: HttpEdge;
  readonly metrics: GatewayMetrics;
}

function describe(app: INestApplication): void {
  const config = new DocumentBuilder()
    .setTitle('Local LLM Agent')
    .setDescription('One address in front of local models.')
    .setVersion(VERSION)
    .build();
  // Routes have tags of their own: the API that they belong to.
  const described = SwaggerModule.createDocument(app, config, { autoTagControllers: false });
  const document = describeKeys(toOpenApi31(described), isOpen);
  app.use('/docs', helmet(DOCS_PAGE));
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'openapi.json' });
}

/** Builds the gateway from settings and catalog; it does not listen yet. */
export async function createGateway(settings: Settings, catalog: CatalogIndex, logger: Logger): Promise<GatewayApp> {
  const metrics = new GatewayMetrics();
  const activity = new ActivityService();
  const store = new Store(settings);
  const keys = new KeyDirectory(store, { failed: () => metrics.keyStoreFailed() });
  const keyUses = new KeyUses(store, keys);
  const access = new AccessService(settings, keys, (why) => metrics.refused(why));
  metrics.observeKeys(keys);
  const sites = new SiteGuard({
    listensOn: settings.HOST,
    allowed: settings.ALLOWED_HOSTS,
    origins: settings.CORS_ORIGINS,
  });
  const usage = createUsage({ settings, store, keys, notes: metrics.watchUsage() });
  metrics.observeUsage(usage.ledger);
  const edge = new HttpEdge(logger, {
    enter: (req, res, context) => {
      if (sites.enter(req, res)) return true;
      const { id, keyId } = access.enter(req, context);
      context.caller = id;
      if (keyId !== undefined) keyUses.note(keyId);
      return false;
    },
    client: (req) => access.addressOf(req),
    errorBody,
    errorEvent,
    headers: headersOf,
    done: (context, status, seconds, answered) => {
      metrics.done(context, status, seconds);
      if (context.error?.code === 'permission_denied') metrics.denied(context.error.trace?.reason);
      const record = toUsageRecord(context, { endedAt: Date.now(), status, seconds, answered });
      if (!record) return;
      activity.add(record);
      usage.record(record);
    },
  });
  const { app, listener } = await createHttpApplication({
    module: AppModule.with({ settings, catalog, edge, metrics, activity, store, keys, keyUses, access, usage }),
    edge,
    logger,
    tokenRoutes: settings.TOKEN_ROUTES,
    prepare: describe,
  });
  // Before anything is answered: whether a key is needed must be known.
  await keys.start();
  // And what its budget has left.
  await usage.start();
  return { app, edge, metrics, listener };
}
