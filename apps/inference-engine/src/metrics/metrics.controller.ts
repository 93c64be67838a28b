import { Controller, Get, Header } from '@nestjs/common';
import { EngineMetrics } from './engine.metrics.js';

/** Prometheus' view of the engine. */
@Controller()
export class MetricsController {
  constructor(private readonly metrics: EngineMetrics) {}

  /** All metrics in the text format. */
  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  read(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
