import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { PullList, PullOrder, PullStatus, parsePullOrder } from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { AccessService } from '../admission/access.service.js';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';
import { ANSWER_HEADERS, DescribeErrors } from '../http/errors.openapi.js';
import { sendJson } from '../http/json.writer.js';
import { readRequestBody } from '../http/request-body.reader.js';
import { PullsService } from './pulls.service.js';

const PULL_ID = { name: 'id', description: 'Id of a pull', schema: { type: 'string' } } as const;

/** Pulls that go on when their client leaves. Each route is for callers of the role admin. */
@ApiTags('admin')
@Controller('admin/pulls')
export class PullsController {
  constructor(
    private readonly access: AccessService,
    private readonly pulls: PullsService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** How far the pulls are, however they began. */
  @Get()
  @ApiOperation({ summary: 'List the pulls that are under way, and those that ended within the last hour' })
  @ApiOkResponse({ type: PullList, headers: ANSWER_HEADERS })
  @DescribeErrors(403, 431, 500, 503, 504)
  async list(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    this.access.requireAdmin(req);
    sendJson(JSON.stringify(await this.pulls.list(res)), res);
  }

  /** Begins a pull; the answer comes when it is under way. */
  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Pull a model',
    description: 'Unlike `POST /api/pull` it goes on when the client leaves. One that is under way already is shown.',
  })
  @ApiBody({ type: PullOrder, examples: { 'A model of Ollama': { value: { model: 'qwen3:8b' } } } })
  @ApiOkResponse({ type: PullStatus, headers: ANSWER_HEADERS })
  @DescribeErrors(400, 403, 404, 408, 413, 415, 431, 500, 503, 504)
  async begin(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    this.access.requireAdmin(req);
    const order = parsePullOrder(await readRequestBody(req, this.settings));
    sendJson(JSON.stringify(await this.pulls.begin(order, res)), res);
  }

  /** Ends a pull; what was fetched is used by the next try. */
  @Delete(':id')
  @ApiOperation({ summary: 'End a pull that is under way, or forget one that has ended' })
  @ApiParam(PULL_ID)
  @ApiOkResponse({ type: PullStatus, headers: ANSWER_HEADERS })
  @DescribeErrors(403, 404, 431, 500, 503, 504)
  async end(@Param('id') id: string, @Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    this.access.requireAdmin(req);
    sendJson(JSON.stringify(await this.pulls.end(id, res)), res);
  }
}
