import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { parseJsonObject } from '@local-llm-agent/contracts';
import type { Settings } from '@local-llm-agent/config';
import { SETTINGS_TOKEN } from '../gateway.tokens.js';
import { readRequestBody } from '../http/request-body.reader.js';
import { DescribeToolCall, DescribeTools } from './mcp.openapi.js';
import { toRestTool } from './tool-result.translate.js';
import { TOOL_NAMES, ToolService } from './tools/tool.service.js';
import type { ToolResult } from './tools/tool.types.js';

/** The same tools by plain HTTP, as the Agent document has them. */
@ApiTags('MCP')
@Controller('mcp/tools')
export class McpToolsController {
  constructor(
    private readonly tools: ToolService,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
  ) {}

  /** Which tools there are. */
  @Get()
  @DescribeTools()
  list(): { tools: ReturnType<typeof toRestTool>[] } {
    return { tools: this.tools.tools.map(toRestTool) };
  }

  /** Calls one; the body is its arguments. */
  @Post(':name')
  @HttpCode(200)
  @DescribeToolCall(TOOL_NAMES)
  async call(
    @Param('name') name: string,
    @Req() req: IncomingMessage,
    @Res({ passthrough: true }) res: ServerResponse,
  ): Promise<ToolResult> {
    const tool = this.tools.find(name);
    const values = parseJsonObject(await readRequestBody(req, this.settings));
    const signal = new AbortController().signal;
    return this.tools.call(tool, values, { exchange: { req, res }, signal, report: () => undefined });
  }
}
