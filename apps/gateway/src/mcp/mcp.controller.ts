import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Inject, Next, Req, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiTags } from '@nestjs/swagger';
import { invalidRequest, parseJson } from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { TokenRoute } from '@local-llm-agent/http';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';
import { readRequestBody } from '../http/request-body.reader.js';
import { DescribeMcp } from './mcp.openapi.js';
import { McpService } from './mcp.service.js';

const NO_STREAM = 'MCP is spoken by POST here: there is no stream to open.';

/**
 * MCP at `/mcp`, and at `/` for clients that were given the bare address. By POST only: clients that try to open a stream
 * or to end a session take the 405 as a no.
 */
@ApiTags('MCP')
@Controller()
export class McpController {
  constructor(
    private readonly mcp: McpService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Answers the messages of a client. */
  @TokenRoute('/mcp')
  @DescribeMcp()
  async post(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const body = await readRequestBody(req, this.settings);
    const messages = parseJson(body);
    if (Array.isArray(messages) && messages.length === 0) throw invalidRequest('The batch is empty.');
    await this.mcp.answer(messages, { req, res });
  }

  /** The same at the bare address. */
  @TokenRoute('/')
  @DescribeMcp()
  postBare(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    return this.post(req, res);
  }

  /** A GET of the bare address is for MCP only when it asks for a stream; else it is for whoever comes next. */
  @Get('/')
  @ApiExcludeEndpoint()
  getBare(@Req() req: IncomingMessage, @Res() res: ServerResponse, @Next() next: () => void): void {
    if (asksForStream(req)) {
      res.setHeader('allow', 'POST');
      throw invalidRequest(NO_STREAM, { status: 405 });
    }
    next();
  }
}

function asksForStream({ headers: { accept } }: IncomingMessage): boolean {
  return accept !== undefined && /text\/event-stream/i.test(accept) && !/text\/html/i.test(accept);
}
