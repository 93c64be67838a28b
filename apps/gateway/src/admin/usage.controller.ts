import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import {
  RecordedRequests,
  RequestsQuery,
  UsageQuery,
  UsageReport,
  parseRequestsQuery,
  parseUsageQuery,
} from '@local-llm-agent/contracts';
import { AccessService } from '../admission/access.service.js';
import { ANSWER_HEADERS, DescribeErrors } from '../http/errors.openapi.js';
import { sendCsv, sendJson } from '../http/json.writer.js';
import { toCsv } from '../usage/usage-csv.translate.js';
import { UsageReportService } from '../usage/usage-report.service.js';
import { dayOf } from '../usage/usage.types.js';

/** Who used what, when and how much. Each route is for callers of the role admin. */
@ApiTags('admin')
@Controller('admin')
export class UsageController {
  constructor(
    private readonly access: AccessService,
    private readonly reports: UsageReportService,
  ) {}

  /** Sums of the usage. */
  @Get('usage')
  @ApiOperation({ summary: 'Requests, tokens and times by key, model, day, tier or endpoint' })
  @ApiExtraModels(UsageReport)
  @ApiOkResponse({
    description: 'The sums; with `format=csv` a table with one line for each row',
    headers: ANSWER_HEADERS,
    content: {
      'application/json': { schema: { $ref: getSchemaPath(UsageReport) } },
      'text/csv': { schema: { type: 'string' } },
    },
  })
  @DescribeErrors(400, 401, 403, 431, 500, 503)
  async usage(@Query() query: UsageQuery, @Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    this.access.requireAdmin(req);
    const terms = parseUsageQuery(query, dayOf(Date.now()));
    const report = await this.reports.report(terms);
    if (terms.format === 'json') sendJson(JSON.stringify(report), res);
    else sendCsv(toCsv(report), `usage-${terms.from}-${terms.to}.csv`, res);
  }

  /** The requests that ended last. */
  @Get('requests')
  @ApiOperation({
    summary: 'The last requests, without what was asked or answered',
    description: 'Filters look at the last 20,000 requests, of the key where one is named.',
  })
  @ApiOkResponse({ type: RecordedRequests, headers: ANSWER_HEADERS })
  @DescribeErrors(400, 401, 403, 431, 500, 503)
  requests(@Query() query: RequestsQuery, @Req() req: IncomingMessage): Promise<RecordedRequests> {
    this.access.requireAdmin(req);
    return this.reports.requests(parseRequestsQuery(query));
  }
}
