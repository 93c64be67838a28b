import type { RequestListener } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { DiscoveryService, NestFactory } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { CatalogIndex, Settings } from '@local-llm-agent/config';
import { ErrorFilter, HttpEdge, RouteTable, TokenRouteAdapter } from '@local-llm-agent/http';
import { NestLogger, type Logger } from '@local-llm-agent/observability';
import { AppModule } from './app.module.js';
import { errorBody, errorEvent, headersOf } from './http/error.translate.js';
import { GatewayMetrics } from './metrics/gateway.metrics.js';
import { VERSION } from './version.js';

/** A gateway that is ready to listen. */
export interface GatewayApp {
  readonly app: INestApplication;
  readonly edge: HttpEdge;
  readonly listener: RequestListener;
}

function describe(app: INestApplication): void {
  const config = new DocumentBuilder()
    .setTitle('Local LLM Agent')
    .setDescription('One address in front of local models.')
    .setVersion(VERSION)
    .build();
  const document = SwaggerModule.createDocument(app, config);
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'openapi.json' });
}

/** Builds the gateway from settings and catalog; it does not listen yet. */
export async function createGateway(settings: Settings, catalog: CatalogIndex, logger: Logger): Promise<GatewayApp> {
  const metrics = new GatewayMetrics();
  const edge = new HttpEdge(logger, {
    errorBody,
    errorEvent,
    headers: headersOf,
    done: (context, status, seconds) => {
      metrics.done(context, status, seconds);
    },
  });
  const adapter = new TokenRouteAdapter(edge);
  adapter.disable('x-powered-by');
  const app = await NestFactory.create(AppModule.with({ settings, catalog, edge, metrics }), adapter, {
    bodyParser: false,
    logger: new NestLogger(logger),
  });
  const routes = new RouteTable(app.get(DiscoveryService));
  if (settings.TOKEN_ROUTES) for (const [path, handler] of routes.tokenRoutes) adapter.addTokenRoute(path, handler);
  app.useGlobalFilters(new ErrorFilter(edge, routes));
  describe(app);
  await app.init();
  return { app, edge, listener: adapter.listener };
}
