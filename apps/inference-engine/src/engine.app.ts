import type { RequestListener } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { DiscoveryService, NestFactory } from '@nestjs/core';
import type { CatalogIndex, Settings } from '@local-llm-agent/config';
import { ErrorFilter, HttpEdge, RequestWatch, RouteTable, TokenRouteAdapter } from '@local-llm-agent/http';
import { NestLogger, type Logger } from '@local-llm-agent/observability';
import { AppModule } from './app.module.js';
import { EngineMetrics } from './metrics/engine.metrics.js';
import type { Runtime } from './runtime/runtime.contract.js';

/** An engine that is ready to listen. */
export interface EngineApp {
  readonly app: INestApplication;
  readonly edge: HttpEdge;
  readonly listener: RequestListener;
  readonly runtimes: readonly Runtime[];
}
