import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Delete, Get, Head, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import {
  ENGINE_PATHS,
  invalidRequest,
  isDigest,
  parseOllamaCopy,
  parseOllamaCreate,
  parseOllamaModelName,
} from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';
import { AccessService } from '../admission/access.service.js';
import { readUntypedBody } from '../http/request-body.reader.js';
import {
  DescribeAddBlob,
  DescribeCopy,
  DescribeCreate,
  DescribeHasBlob,
  DescribeHeartbeat,
  DescribePull,
  DescribePush,
  DescribeRemove,
  DescribeRunning,
  DescribeShow,
  DescribeTags,
  DescribeVersion,
} from './ollama-management.openapi.js';
import { OllamaManagementService } from './ollama-management.service.js';

/** The version of the Ollama API that is spoken here; clients look at it before they use what is new in it. */
const OLLAMA_API_VERSION = '0.24.0';

/** Models by the Ollama API. */
@ApiTags('Ollama')
@Controller()
export class OllamaManagementController {
  constructor(
    private readonly models: OllamaManagementService,
    private readonly access: AccessService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** The heartbeat of Ollama's clients. */
  @Head('/')
  @DescribeHeartbeat()
  alive(@Res() res: ServerResponse): void {
    res.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end();
  }

  /** The version of the API, with GET and HEAD. */
  @Get('/api/version')
  @DescribeVersion()
  version(): { version: string } {
    return { version: OLLAMA_API_VERSION };
  }

  /** What is installed. */
  @Get('/api/tags')
  @DescribeTags()
  async tags(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    await this.models.list(ENGINE_PATHS.tags, req, res);
  }

  /** What is in memory. */
  @Get('/api/ps')
  @DescribeRunning()
  async running(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    await this.models.list(ENGINE_PATHS.running, req, res);
  }

  /** All about one model. */
  @Post('/api/show')
  @DescribeShow()
  async show(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const body = parseOllamaModelName(await readUntypedBody(req, this.settings));
    await this.models.show(body, req, res);
  }

  /** Fetches a model, step by step. */
  @Post('/api/pull')
  @DescribePull()
  async pull(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    this.access.requireAdmin(req);
    const request = parseOllamaModelName(await readUntypedBody(req, this.settings));
    await this.models.progress(ENGINE_PATHS.pull, request, res);
  }

  /** Sends a model to its registry, step by step. */
  @Post('/api/push')
  @DescribePush()
  async push(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    this.access.requireAdmin(req);
    const request = parseOllamaModelName(await readUntypedBody(req, this.settings));
    await this.models.progress(ENGINE_PATHS.push, request, res);
  }

  /** Makes a model, step by step. */
  @Post('/api/create')
  @DescribeCreate()
  async create(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    this.access.requireAdmin(req);
    const request = parseOllamaCreate(await readUntypedBody(req, this.settings));
    await this.models.progress(ENGINE_PATHS.create, request, res);
  }

  /** Gives a model one more name. */
  @Post('/api/copy')
  @DescribeCopy()
  async copy(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    this.access.requireAdmin(req);
    const request = parseOllamaCopy(await readUntypedBody(req, this.settings));
    await this.models.change(ENGINE_PATHS.copy, request, res);
  }

  /** Removes a model. */
  @Delete('/api/delete')
  @DescribeRemove()
  async remove(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    this.access.requireAdmin(req);
    const request = parseOllamaModelName(await readUntypedBody(req, this.settings));
    await this.models.change(ENGINE_PATHS.remove, request, res);
  }

  /** Whether a blob is there. */
  @Head('/api/blobs/:digest')
  @DescribeHasBlob()
  async hasBlob(@Param('digest') digest: string, @Res() res: ServerResponse): Promise<void> {
    await this.models.hasBlob(checked(digest), res);
  }

  /** Takes a blob as it comes. */
  @Post('/api/blobs/:digest')
  @DescribeAddBlob()
  async addBlob(
    @Param('digest') digest: string,
    @Req() req: IncomingMessage,
    @Res() res: ServerResponse,
  ): Promise<void> {
    this.access.requireAdmin(req);
    await this.models.addBlob(checked(digest), req, res);
  }
}

function checked(digest: string): string {
  if (isDigest(digest)) return digest;
  throw invalidRequest('invalid digest format: it must be sha256: and 64 hexadecimal digits.', { param: 'digest' });
}
