import { Controller, Get, Header } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { GatewayMetrics } from './gateway.metrics.js';
import { DescribeMetrics } from './metrics.openapi.js';

/** Prometheus' view of the gateway. */
@ApiTags('operations')
@Controller()
export class MetricsController {
  constructor(private readonly metrics: GatewayMetrics) {}

  /** All metrics in the text format. */
  @Get('metrics')
  @DescribeMetrics()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  read(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
