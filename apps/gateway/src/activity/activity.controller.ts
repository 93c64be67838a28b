import type { IncomingMessage } from 'node:http';
import { Controller, Get, Query, Req } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { ACTIVITY_SECONDS, ACTIVITY_STEPS, GatewayActivity, parseActivityQuery } from '@local-llm-agent/contracts';
import { AccessService } from '../admission/access.service.js';
import { ANSWER_HEADERS, DescribeErrors } from '../http/errors.openapi.js';
import { ActivityService } from './activity.service.js';

/** What goes through the gateway now. For callers of the role admin. */
@ApiTags('admin')
@Controller('admin/activity')
export class ActivityController {
  constructor(
    private readonly access: AccessService,
    private readonly activity: ActivityService,
  ) {}

  /** Requests, errors, tokens and times of the last half hour. */
  @Get()
  @ApiOperation({
    summary: 'Requests, errors, tokens and times of the last half hour, in steps',
    description: 'Kept in memory: of several replicas it is told what the one did that answers.',
  })
  @ApiQuery({
    name: 'seconds',
    required: false,
    description: 'Length of the window, a multiple of `step`',
    schema: { type: 'integer', minimum: 60, maximum: ACTIVITY_SECONDS, default: ACTIVITY_SECONDS },
  })
  @ApiQuery({
    name: 'step',
    required: false,
    description: 'Length of each bucket, seconds',
    schema: { type: 'integer', enum: [...ACTIVITY_STEPS], default: 5 },
  })
  @ApiQuery({
    name: 'since',
    required: false,
    description: 'The `time` of the answer before: only buckets that ended later are told',
    schema: { type: 'string', format: 'date-time' },
  })
  @ApiOkResponse({ type: GatewayActivity, headers: ANSWER_HEADERS })
  @DescribeErrors(400, 403, 431, 500, 503)
  read(@Query() query: Record<string, unknown>, @Req() req: IncomingMessage): GatewayActivity {
    this.access.requireAdmin(req);
    return this.activity.read(parseActivityQuery(query));
  }
}
