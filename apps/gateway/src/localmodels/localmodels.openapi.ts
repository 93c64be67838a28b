import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { LocalModelsChatRequest } from '@local-llm-agent/contracts';
import { ANSWER_HEADERS, DescribeErrorsAs } from '../http/errors.openapi.js';
import { DescribeTokenRoute } from '../http/token-route.openapi.js';
import {
  LocalModelsAnswerObject,
  LocalModelsErrorObject,
  LocalModelsInfo,
  LocalModelsLine,
  LocalModelsList,
} from './localmodels.dto.js';

const EXAMPLES = {
  plain: { message: 'Explica qué es la inteligencia artificial', max_tokens: 200, reasoning: 'high' },
  streamed: { message: 'Cuéntame sobre el machine learning', stream: true },
};

const LINES = {
  'application/x-ndjson': {
    schema: {
      description: 'A line of the stream. The last one has `done` and `usage`, or is an error.',
      anyOf: [{ $ref: getSchemaPath(LocalModelsLine) }, { $ref: getSchemaPath(LocalModelsErrorObject) }],
    },
  },
};

const INFO_ERRORS = {
  431: 'The headers are too large.',
  500: 'A fault of ours.',
  503: 'The engine, or each of its runtimes, does not answer.',
};

/** OpenAPI description of `GET /`. */
export function DescribeInfo(): MethodDecorator {
  return applyDecorators(
    ApiTags('LocalModels'),
    ApiOperation({
      summary: 'What there is: models and paths',
      description: 'Browsers, which ask for text/html, get the web page.',
    }),
    ApiExtraModels(LocalModelsInfo),
    ApiResponse({
      status: 200,
      description: 'What there is, or the web page',
      headers: ANSWER_HEADERS,
      content: {
        'application/json': { schema: { $ref: getSchemaPath(LocalModelsInfo) } },
        'text/html': { schema: { type: 'string' } },
      },
    }),
    DescribeErrorsAs(LocalModelsErrorObject, {
      405: 'Accept names text/event-stream, as MCP clients that try to open a stream do: there is none.',
      ...INFO_ERRORS,
    }),
  );
}

/** OpenAPI description of `GET /models`. */
export function DescribeModels(): MethodDecorator {
  return applyDecorators(
    ApiTags('LocalModels'),
    ApiOperation({ summary: 'List the models that are installed' }),
    ApiOkResponse({ type: LocalModelsList, headers: ANSWER_HEADERS }),
    DescribeErrorsAs(LocalModelsErrorObject, INFO_ERRORS),
  );
}

/** OpenAPI description of a LocalModels chat. */
export function DescribeLocalModelsChat(): MethodDecorator {
  return DescribeTokenRoute({
    tag: 'LocalModels',
    summary: 'Ask a model one question',
    description: 'One question, one answer. With `stream: true` the answer comes line by line.',
    request: LocalModelsChatRequest,
    answer: LocalModelsAnswerObject,
    streamed: LINES,
    parts: [LocalModelsLine],
    examples: EXAMPLES,
    errors: DescribeErrorsAs(LocalModelsErrorObject, {
      400: 'A parameter is wrong, the model is not there, or the message is too long for it.',
      431: 'The headers are too large.',
      500: 'A fault of ours.',
      503: 'Too many requests, no memory for the model, no runtime, or no answer in time.',
    }),
  });
}
