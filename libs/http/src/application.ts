import type { RequestListener } from 'node:http';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import { DiscoveryService, NestFactory } from '@nestjs/core';
import { NestLogger, type Logger } from '@local-llm-agent/observability';
import { ErrorFilter } from './error.filter.js';
import type { HttpEdge } from './http-edge.js';
import { RouteTable } from './route.table.js';
import { TokenRouteAdapter } from './token-route.adapter.js';

/** What an application is made of. */
interface ApplicationParts {
  /** Must import Nest's DiscoveryModule. */
  readonly module: DynamicModule;
  readonly edge: HttpEdge;
  readonly logger: Logger;
  /** Whether token routes are dispatched before Express. */
  readonly tokenRoutes: boolean;
  /** Called before the application is initialised, to add what is not a controller. */
  readonly prepare?: (app: INestApplication) => void;
}

/** An application that is ready to listen. */
export interface HttpApplication {
  readonly app: INestApplication;
  readonly listener: RequestListener;
}

/** Builds a Nest application behind the HTTP edge: its token routes, its errors. It does not listen yet. */
export async function createHttpApplication(parts: ApplicationParts): Promise<HttpApplication> {
  const { module, edge, logger, tokenRoutes, prepare } = parts;
  const adapter = new TokenRouteAdapter(edge);
  adapter.disable('x-powered-by');
  const app = await NestFactory.create(module, adapter, { bodyParser: false, logger: new NestLogger(logger) });
  const routes = new RouteTable(app.get(DiscoveryService));
  if (tokenRoutes) for (const [path, handler] of routes.tokenRoutes) adapter.addTokenRoute(path, handler);
  app.useGlobalFilters(new ErrorFilter(edge, routes));
  prepare?.(app);
  await app.init();
  return { app, listener: adapter.listener };
}
