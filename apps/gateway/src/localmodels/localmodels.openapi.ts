import { LocalModelsChatRequest } from '@local-llm-agent/contracts';
import { DescribeErrorsAs } from '../http/errors.openapi.js';
import { DescribeTokenRoute } from '../http/token-route.openapi.js';
import { LocalModelsAnswerObject, LocalModelsErrorObject } from './localmodels.dto.js';

const EXAMPLES = {
  plain: { message: 'Explica qué es la inteligencia artificial', max_tokens: 200, reasoning: 'high' },
  streamed: { message: 'Cuéntame sobre el machine learning', stream: true },
};

const LINES = {
  'application/x-ndjson': {
    schema: {
      type: 'string',
      description:
        'One JSON object a line: `response` holds the next piece of the text; the last line has `done` and `usage`; a line with `detail` is an error that ends the stream.',
    },
  },
};

/** OpenAPI description of the errors of a route that only tells what there is. */
export function DescribeInfoErrors(): MethodDecorator {
  return DescribeErrorsAs(LocalModelsErrorObject, { 503: 'The engine, or each of its runtimes, does not answer.' });
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
    examples: EXAMPLES,
    errors: DescribeErrorsAs(LocalModelsErrorObject, {
      400: 'A parameter is wrong, the model is not there, or the message is too long for it.',
      431: 'The headers are too large.',
      500: 'A fault of ours.',
      503: 'Too many requests, no memory for the model, no runtime, or no answer in time.',
    }),
  });
}
