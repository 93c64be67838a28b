import { applyDecorators } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import {
  AnthropicCountRequest,
  AnthropicErrorObject,
  AnthropicMessageObject,
  AnthropicMessagesRequest,
  AnthropicTokenCountObject,
} from '@local-llm-agent/contracts';
import { DescribeErrorsAs, type Headers } from '../http/errors.openapi.js';
import { DescribeTokenRoute } from '../http/token-route.openapi.js';

const QUESTION = { model: 'auto', messages: [{ role: 'user', content: 'What is 2+2?' }] } as const;

const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } as const;

const EXAMPLES = {
  plain: { ...QUESTION, max_tokens: 100 },
  streamed: { ...QUESTION, max_tokens: 100, stream: true },
  'with a tool': {
    model: 'main',
    max_tokens: 200,
    system: 'Use the tools.',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'How is the weather in Paris?' }] }],
    tools: [{ name: 'weather', description: 'Weather of a city', input_schema: CITY }],
    tool_choice: { type: 'auto' },
  },
};

const EVENTS = {
  'text/event-stream': {
    schema: {
      type: 'object',
      required: ['event', 'data'],
      description: 'An event of the stream, from `message_start` to `message_stop`; `ping` while it waits.',
      properties: {
        event: {
          type: 'string',
          enum: [
            'message_start',
            'content_block_start',
            'content_block_delta',
            'content_block_stop',
            'message_delta',
            'message_stop',
            'ping',
            'error',
          ],
        },
        data: { type: 'string', contentMediaType: 'application/json' },
      },
    },
  },
};

const SAME_ID = {
  'Request-ID': { description: 'The same as X-Request-ID', schema: { type: 'string' } },
} as const;

const limitHeaders = (unit: 'Requests' | 'Tokens'): Headers => ({
  [`Anthropic-RateLimit-${unit}-Limit`]: { description: `${unit} a minute`, schema: { type: 'integer' } },
  [`Anthropic-RateLimit-${unit}-Remaining`]: {
    description: `${unit} that are left, this request counted`,
    schema: { type: 'integer' },
  },
  [`Anthropic-RateLimit-${unit}-Reset`]: {
    description: `When all ${unit.toLowerCase()} are there again`,
    schema: { type: 'string', format: 'date-time' },
  },
});

/** Headers of answers whose request was counted, where the limit is on. */
const LIMITS = { ...limitHeaders('Requests'), ...limitHeaders('Tokens') };

const MEANINGS = {
  400: '`invalid_request_error`: the message names the bad parameter, or the prompt is longer than the context of the model.',
  404: '`not_found_error`: no runtime has this model.',
  408: '`invalid_request_error`: the body did not arrive in time.',
  413: '`request_too_large`: the body has too many bytes.',
  415: '`invalid_request_error`: the body is not JSON, is compressed, or says nothing of its type.',
  429: '`rate_limit_error`: too many requests or tokens in a minute.',
  431: '`invalid_request_error`: the headers are too large.',
  500: '`api_error`: a fault of ours.',
  503: '`overloaded_error` with `Retry-After`, or `api_error`: the engine, the runtime or the memory is not there.',
  504: '`timeout_error`: the answer did not come within the time of the tier.',
};

/** What the statuses mean, in Anthropic's types. */
const ERRORS = DescribeErrorsAs(AnthropicErrorObject, MEANINGS, { headers: SAME_ID, limits: LIMITS });

/** Headers that Anthropic's packages send. */
const HEADERS = ['anthropic-version', 'anthropic-beta'].map((name) =>
  ApiHeader({ name, required: false, description: 'Accepted, without effect', schema: { type: 'string' } }),
);

/** OpenAPI description of the messages route. */
export function DescribeMessages(): MethodDecorator {
  return applyDecorators(
    ...HEADERS,
    DescribeTokenRoute({
      tag: 'Anthropic',
      summary: 'Write the next message',
      description: 'Anthropic messages. With `stream: true` the answer is a stream of server-sent events.',
      request: AnthropicMessagesRequest,
      answer: AnthropicMessageObject,
      streamed: EVENTS,
      headers: { ...SAME_ID, ...LIMITS },
      examples: EXAMPLES,
      errors: ERRORS,
    }),
  );
}

/** OpenAPI description of the token count. */
export function DescribeCountTokens(): MethodDecorator {
  return applyDecorators(
    ...HEADERS,
    DescribeTokenRoute({
      tag: 'Anthropic',
      summary: 'Count the tokens of a prompt',
      description:
        'Counted by the tokenizer of the model. The header X-Token-Count says `exact`, or `estimate` where a runtime does not lend its tokenizer.',
      request: AnthropicCountRequest,
      answer: AnthropicTokenCountObject,
      headers: {
        ...SAME_ID,
        ...LIMITS,
        'X-Token-Count': { description: 'How it was counted', schema: { type: 'string', enum: ['exact', 'estimate'] } },
      },
      examples: { plain: QUESTION },
      errors: ERRORS,
    }),
  );
}
