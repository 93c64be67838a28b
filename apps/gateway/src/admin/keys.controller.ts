import type { IncomingMessage } from 'node:http';
import { Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Req } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import {
  ApiKey,
  ApiKeyList,
  CreateApiKeyRequest,
  NewApiKey,
  RotateApiKeyRequest,
  UpdateApiKeyRequest,
  parseCreateApiKey,
  parseJsonObject,
  parseRotateApiKey,
  parseUpdateApiKey,
} from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { AccessService } from '../admission/access.service.js';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';
import { ANSWER_HEADERS, DescribeErrors } from '../http/errors.openapi.js';
import { readRequestBody } from '../http/request-body.reader.js';
import { KeysService } from '../keys/keys.service.js';

const KEY_ID = { name: 'id', description: 'Id of a key', schema: { type: 'string' }, example: 'k3f9q7m2xa' } as const;
const READ = [401, 403, 404, 431, 500, 503] as const;
const WRITE = [400, 401, 403, 404, 408, 413, 415, 431, 500, 503] as const;

/** API keys. Each route is for callers of the role admin; while there are no keys that is everybody. */
@ApiTags('admin')
@Controller('admin/keys')
export class KeysController {
  constructor(
    private readonly access: AccessService,
    private readonly keys: KeysService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Every key, the newest last. */
  @Get()
  @ApiOperation({ summary: 'List the keys' })
  @ApiOkResponse({ type: ApiKeyList, headers: ANSWER_HEADERS })
  @DescribeErrors(401, 403, 431, 500, 503)
  async list(@Req() req: IncomingMessage): Promise<ApiKeyList> {
    this.access.requireAdmin(req);
    return { data: await this.keys.list(), required: this.access.keyNeeded };
  }

  /** Makes a key and shows it, this once. */
  @Post()
  @ApiOperation({
    summary: 'Create a key',
    description: 'From the first key on, every request needs one. The first should have the role admin.',
  })
  @ApiBody({
    type: CreateApiKeyRequest,
    examples: {
      'For one person': { value: { name: 'ada-laptop', expiresAt: '2099-01-01T00:00:00Z' } },
      'With limits': {
        value: { name: 'nightly', models: ['gemma3'], tiers: ['small'], concurrency: 2, tokensPerMonth: 5_000_000 },
      },
    },
  })
  @ApiCreatedResponse({ type: NewApiKey, headers: ANSWER_HEADERS })
  @DescribeErrors(400, 401, 403, 408, 413, 415, 431, 500, 503)
  async create(@Req() req: IncomingMessage): Promise<NewApiKey> {
    this.access.requireAdmin(req);
    return this.keys.create(parseCreateApiKey(await this.body(req)));
  }

  /** One key. */
  @Get(':id')
  @ApiOperation({ summary: 'Show a key' })
  @ApiParam(KEY_ID)
  @ApiOkResponse({ type: ApiKey, headers: ANSWER_HEADERS })
  @DescribeErrors(...READ)
  get(@Param('id') id: string, @Req() req: IncomingMessage): Promise<ApiKey> {
    this.access.requireAdmin(req);
    return this.keys.get(id);
  }

  /** Changes what a key may do. */
  @Patch(':id')
  @ApiOperation({ summary: 'Change a key: what is not named stays, null takes a term away' })
  @ApiParam(KEY_ID)
  @ApiBody({ type: UpdateApiKeyRequest, examples: { 'A new limit': { value: { requestsPerMinute: 20 } } } })
  @ApiOkResponse({ type: ApiKey, headers: ANSWER_HEADERS })
  @DescribeErrors(...WRITE)
  async update(@Param('id') id: string, @Req() req: IncomingMessage): Promise<ApiKey> {
    this.access.requireAdmin(req);
    return this.keys.update(id, parseUpdateApiKey(await this.body(req)));
  }

  /** Gives a key a new text under the same id, and shows it, this once. */
  @Post(':id/rotate')
  @HttpCode(200)
  @ApiOperation({ summary: 'Rotate a key: a new one under the same id; the old one may stay good for a while' })
  @ApiParam(KEY_ID)
  @ApiBody({ type: RotateApiKeyRequest, examples: { 'A day to change over': { value: { graceSeconds: 86_400 } } } })
  @ApiOkResponse({ type: NewApiKey, headers: ANSWER_HEADERS })
  @DescribeErrors(...WRITE)
  async rotate(@Param('id') id: string, @Req() req: IncomingMessage): Promise<NewApiKey> {
    this.access.requireAdmin(req);
    return this.keys.rotate(id, parseRotateApiKey(await this.body(req)));
  }

  /** Ends a key for good. */
  @Delete(':id')
  @ApiOperation({ summary: 'Revoke a key, on all replicas within 5 seconds' })
  @ApiParam(KEY_ID)
  @ApiOkResponse({ type: ApiKey, headers: ANSWER_HEADERS })
  @DescribeErrors(...READ)
  revoke(@Param('id') id: string, @Req() req: IncomingMessage): Promise<ApiKey> {
    this.access.requireAdmin(req);
    return this.keys.revoke(id);
  }

  private async body(req: IncomingMessage): Promise<Record<string, unknown>> {
    return parseJsonObject(await readRequestBody(req, this.settings));
  }
}
