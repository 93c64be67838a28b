import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Delete, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import {
  parseResponseRequest,
  type DeletedResponseResource,
  type ResponseItemPage,
  type ResponseObject,
} from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { TokenRoute } from '@local-llm-agent/http';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';
import { AccessService } from '../admission/access.service.js';
import { readRequestBody } from '../http/request-body.reader.js';
import { ResponseArchive } from './response-archive.service.js';
import { checkResponseQuery, parsePageTerms, toItemPage, type Query as Fields } from './response-query.parse.js';
import { DescribeCreate, DescribeDelete, DescribeItems, DescribeRetrieve } from './responses.openapi.js';
import { ResponsesService } from './responses.service.js';

/** OpenAI responses: answers that can be stored, asked for again and gone on from. */
@Controller()
export class ResponsesController {
  constructor(
    private readonly responses: ResponsesService,
    private readonly archive: ResponseArchive,
    private readonly access: AccessService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Answers a request, plain or streamed. */
  @TokenRoute('/v1/responses')
  @DescribeCreate()
  async create(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const body = await readRequestBody(req, this.settings);
    await this.responses.create(parseResponseRequest(body), { req, res });
  }

  /** A stored response. */
  @Get('v1/responses/:response_id')
  @DescribeRetrieve()
  async retrieve(
    @Param('response_id') id: string,
    @Query() query: Fields,
    @Req() req: IncomingMessage,
  ): Promise<ResponseObject> {
    checkResponseQuery(query);
    return (await this.archive.get(id, this.access.callerOf(req))).response;
  }

  /** What a stored response answered: the items of its own request. */
  @Get('v1/responses/:response_id/input_items')
  @DescribeItems()
  async items(
    @Param('response_id') id: string,
    @Query() query: Fields,
    @Req() req: IncomingMessage,
  ): Promise<ResponseItemPage> {
    const terms = parsePageTerms(query);
    return toItemPage((await this.archive.get(id, this.access.callerOf(req))).input, terms);
  }

  /** Forgets a stored response. */
  @Delete('v1/responses/:response_id')
  @DescribeDelete()
  async delete(@Param('response_id') id: string, @Req() req: IncomingMessage): Promise<DeletedResponseResource> {
    await this.archive.delete(id, this.access.callerOf(req));
    return { id, object: 'response.deleted', deleted: true };
  }
}
