import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiQuery, ApiTags } from '@nestjs/swagger';
import {
  ENGINE_PATHS,
  EngineStatus,
  EngineTimeline,
  ModelPin,
  ModelPlans,
  ModelResidence,
  parseSince,
} from '@local-llm-agent/contracts';
import { AccessService } from '../admission/access.service.js';
import { ANSWER_HEADERS, DescribeErrors } from '../http/errors.openapi.js';
import { sendJson } from '../http/json.writer.js';
import { DescribeEvents } from './admin.openapi.js';
import { ResidencyService } from './residency.service.js';
import { StatusFeed } from './status-feed.service.js';

const MODEL_ID = {
  name: 'id',
  description: 'Id, alias or installed name of a model; its slashes may stand as they are or as %2F',
  schema: { type: 'string' },
} as const;

const SINCE = {
  name: 'since',
  required: false,
  description: 'The `time` of the answer before: only what goes on or ended later is told',
  schema: { type: 'string', format: 'date-time' },
} as const;

/** What operators see of the engine, and do with it. Each route is for callers of the role admin. */
@ApiTags('admin')
@Controller('admin')
export class AdminController {
  constructor(
    private readonly access: AccessService,
    private readonly models: ResidencyService,
    private readonly feed: StatusFeed,
  ) {}

  /** What is going on in the engine, and why. */
  @Get('residency')
  @ApiOperation({ summary: 'Queue, models in memory, memory, and the last decisions with their reasons' })
  @ApiOkResponse({ type: EngineStatus, headers: ANSWER_HEADERS })
  @DescribeErrors(403, 431, 500, 503, 504)
  async residency(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    this.access.requireAdmin(req);
    sendJson(await this.models.status(res), res);
  }

  /** What the models in memory did. */
  @Get('timeline')
  @ApiOperation({ summary: 'What each model in memory did in the last half hour: loading, serving, idle, unloading' })
  @ApiQuery(SINCE)
  @ApiOkResponse({ type: EngineTimeline, headers: ANSWER_HEADERS })
  @DescribeErrors(400, 403, 431, 500, 503, 504)
  async timeline(
    @Query() query: Record<string, unknown>,
    @Req() req: IncomingMessage,
    @Res() res: ServerResponse,
  ): Promise<void> {
    this.access.requireAdmin(req);
    sendJson(await this.models.timeline(parseSince(query), res), res);
  }

  /** The state as it changes. */
  @Get('events')
  @DescribeEvents()
  events(@Req() req: IncomingMessage, @Res() res: ServerResponse): void {
    this.access.requireAdmin(req);
    this.feed.add(res, () => this.access.isStillAdmin(req));
  }

  /** What each model would take to be in memory. */
  @Get('models')
  @ApiOperation({ summary: 'Models of the catalog and of the runtimes: need, state, and who would leave for them' })
  @ApiOkResponse({ type: ModelPlans, headers: ANSWER_HEADERS })
  @DescribeErrors(403, 431, 500, 503, 504)
  async plans(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    this.access.requireAdmin(req);
    sendJson(await this.models.plans(res), res);
  }

  /** Brings a model into memory; the answer comes when it is there. */
  @Post('models/*id/load')
  @HttpCode(200)
  @ApiOperation({ summary: 'Load a model: it waits its turn as a request does, and makes room as one does' })
  @ApiParam(MODEL_ID)
  @ApiOkResponse({ type: ModelResidence, headers: ANSWER_HEADERS })
  @DescribeErrors(400, 403, 404, 431, 500, 503, 504)
  async load(
    @Param('id') id: string | string[],
    @Req() req: IncomingMessage,
    @Res() res: ServerResponse,
  ): Promise<void> {
    this.access.requireAdmin(req);
    sendJson(await this.models.change(ENGINE_PATHS.loadModel, nameOf(id), res), res);
  }

  /** Brings a model out of memory as soon as nobody uses it. */
  @Post('models/*id/unload')
  @HttpCode(200)
  @ApiOperation({ summary: 'Unload a model; one in use goes when its requests have ended' })
  @ApiParam(MODEL_ID)
  @ApiOkResponse({ type: ModelResidence, headers: ANSWER_HEADERS })
  @DescribeErrors(400, 403, 404, 431, 500, 503, 504)
  async unload(
    @Param('id') id: string | string[],
    @Req() req: IncomingMessage,
    @Res() res: ServerResponse,
  ): Promise<void> {
    this.access.requireAdmin(req);
    sendJson(await this.models.unload(nameOf(id), res), res);
  }

  /** Keeps a model in memory from the moment it is there. */
  @Post('models/*id/pin')
  @HttpCode(200)
  @ApiOperation({ summary: 'Pin a model: once in memory it never leaves. It does not load it' })
  @ApiParam(MODEL_ID)
  @ApiOkResponse({ type: ModelPin, headers: ANSWER_HEADERS })
  @DescribeErrors(400, 403, 404, 431, 500, 503, 504)
  async pin(
    @Param('id') id: string | string[],
    @Req() req: IncomingMessage,
    @Res() res: ServerResponse,
  ): Promise<void> {
    this.access.requireAdmin(req);
    sendJson(await this.models.change(ENGINE_PATHS.pinModel, nameOf(id), res), res);
  }

  /** Lets a model go again when its memory is needed. */
  @Post('models/*id/unpin')
  @HttpCode(200)
  @ApiOperation({ summary: 'Unpin a model: it may leave memory again' })
  @ApiParam(MODEL_ID)
  @ApiOkResponse({ type: ModelPin, headers: ANSWER_HEADERS })
  @DescribeErrors(400, 403, 404, 431, 500, 503, 504)
  async unpin(
    @Param('id') id: string | string[],
    @Req() req: IncomingMessage,
    @Res() res: ServerResponse,
  ): Promise<void> {
    this.access.requireAdmin(req);
    sendJson(await this.models.change(ENGINE_PATHS.unpinModel, nameOf(id), res), res);
  }
}

/** The id of the path; Express gives its segments, each decoded. */
function nameOf(id: string | string[]): string {
  return Array.isArray(id) ? id.join('/') : id;
}
