import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { ANSWER_HEADERS, DescribeErrors, DescribeErrorsAs } from '../http/errors.openapi.js';
import { HealthErrorObject, HealthReport, ProbeCheck, ProbeReport } from './health.dto.js';

/** OpenAPI description of `GET /health`. */
export function DescribeHealth(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Health of the whole system' }),
    ApiOkResponse({ type: HealthReport, description: 'Healthy, or degraded', headers: ANSWER_HEADERS }),
    ApiResponse({ status: 503, type: HealthReport, description: 'Unhealthy', headers: ANSWER_HEADERS }),
    DescribeErrorsAs(HealthErrorObject, { 431: 'The headers are too large.', 500: 'A fault of ours.' }),
  );
}

/** OpenAPI description of the probe that asks whether the process runs. */
export function DescribeLive(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Say that the process runs' }),
    ApiExtraModels(ProbeCheck),
    ApiOkResponse({ type: ProbeReport, description: 'It runs', headers: ANSWER_HEADERS }),
    DescribeErrors(431, 500),
  );
}

/** OpenAPI description of the probe that asks whether requests may come. */
export function DescribeReady(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Say whether requests may come' }),
    ApiExtraModels(ProbeCheck),
    ApiOkResponse({ type: ProbeReport, description: 'They may', headers: ANSWER_HEADERS }),
    ApiResponse({ status: 503, type: ProbeReport, description: 'They may not', headers: ANSWER_HEADERS }),
    DescribeErrors(431, 500),
  );
}
