import type { IncomingMessage } from 'node:http';
import { Controller, Delete, HttpCode, Req } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { backendUnavailable } from '@local-llm-agent/contracts';
import { AccessService } from '../admission/access.service.js';
import { ANSWER_HEADERS, DescribeErrors } from '../http/errors.openapi.js';
import { CacheRoad } from '../inference/cache-road.service.js';

/** The response cache, for callers of the role admin. */
@ApiTags('admin')
@Controller('admin/response-cache')
export class ResponseCacheController {
  constructor(
    private readonly access: AccessService,
    private readonly cache: CacheRoad,
  ) {}

  /** Forgets all answers. */
  @Delete()
  @HttpCode(204)
  @ApiOperation({ summary: 'Empty the response cache, on all gateways that share it' })
  @ApiNoContentResponse({ description: 'Nothing is kept any more', headers: ANSWER_HEADERS })
  @DescribeErrors(401, 403, 431, 500, 503)
  async clear(@Req() req: IncomingMessage): Promise<void> {
    this.access.requireAdmin(req);
    if (await this.cache.forget()) return;
    throw backendUnavailable(
      'The response cache (Redis) does not answer, so its answers stay until their time is over. Start Redis, or check REDIS_URL, and try again.',
      { origin: 'gateway', retryAfterSeconds: 1 },
    );
  }
}
