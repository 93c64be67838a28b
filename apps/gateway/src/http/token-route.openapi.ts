import { applyDecorators, type Type } from '@nestjs/common';
import { ApiBody, ApiExtraModels, ApiHeader, ApiOperation, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { ANSWER_HEADERS, DescribeErrors, LIMIT_HEADERS, type Headers } from './errors.openapi.js';

interface TokenRouteDescription {
  /** The API it belongs to, unless it is OpenAI's. */
  readonly tag?: string;
  readonly summary: string;
  readonly description: string;
  readonly deprecated?: boolean;
  readonly request: Type;
  readonly answer: Type;
  /** One event of the stream, where the route streams. */
  readonly event?: Type;
  /** Content type and schema of the stream, where it is not one of OpenAI's events. */
  readonly streamed?: Readonly<Record<string, { schema: object }>>;
  /** What the stream is, where it is one of named events with JSON as their data. */
  readonly stream?: string;
  /** Its errors, where they are not OpenAI's; see {@link DescribeErrorsAs}. */
  readonly errors?: MethodDecorator;
  /** Headers of the answer besides those of all such routes. */
  readonly headers?: Headers;
  /** Title -> a body that works. */
  readonly examples: Readonly<Record<string, object>>;
  /** Classes that a schema of the request refers to by name. */
  readonly parts?: readonly Type[];
}

const WAIT_EVENTS = ApiHeader({
  name: 'X-Wait-Events',
  required: false,
  description: '`1`: while a stream waits, a comment tells its place in the queue every second; others do nothing',
  schema: { type: 'string', example: '1' },
});

const CACHE_CONTROL = ApiHeader({
  name: 'X-Cache-Control',
  required: false,
  description:
    'Whether the response cache is used for a request with one possible answer; `refresh` has a new one made and kept',
  schema: { type: 'string', enum: ['use', 'refresh', 'off'] },
});

/** What can go wrong on a route that asks a model. */
const STATUSES = [400, 404, 408, 413, 415, 429, 431, 500, 503, 504] as const;

function toExamples(examples: TokenRouteDescription['examples']): Record<string, { value: object }> {
  return Object.fromEntries(Object.entries(examples).map(([title, value]) => [title, { value }]));
}

/** One server-sent event; OpenAPI 3.1 leaves it open that there are many. */
function toEventSchema(event: Type): Record<string, unknown> {
  const data = { type: 'string', contentMediaType: 'application/json', contentSchema: { $ref: getSchemaPath(event) } };
  return {
    type: 'object',
    required: ['data'],
    description: `An event of the stream. Its data is a ${event.name}, or \`[DONE]\` at the end.`,
    properties: { data: { anyOf: [data, { type: 'string', enum: ['[DONE]'] }] } },
  };
}

/** One server-sent event whose type has a name, and whose data is JSON. */
function toTypedEventSchema(description: string): Record<string, unknown> {
  const data = { type: 'string', contentMediaType: 'application/json' };
  return { type: 'object', required: ['event', 'data'], description, properties: { event: { type: 'string' }, data } };
}

/** OpenAPI description of a route that asks a model, streamed or not. */
export function DescribeTokenRoute(route: TokenRouteDescription): MethodDecorator {
  const { summary, description, request, answer, event, examples, parts = [] } = route;
  const events = route.stream === undefined ? event && toEventSchema(event) : toTypedEventSchema(route.stream);
  const stream = route.streamed ?? (events && { 'text/event-stream': { schema: events } });
  return applyDecorators(
    ApiTags(route.tag ?? 'OpenAI'),
    ApiOperation({ summary, description, ...(route.deprecated === true ? { deprecated: true } : {}) }),
    ApiExtraModels(answer, ...(event ? [event] : []), ...parts),
    ApiHeader({
      name: 'X-Tier',
      required: false,
      description: 'Forces a tier',
      schema: { type: 'string', enum: ['small', 'main'] },
    }),
    ApiHeader({
      name: 'X-Request-ID',
      required: false,
      description: 'Id for the logs; echoed when it has at most 128 letters, digits and marks',
      schema: { type: 'string' },
    }),
    CACHE_CONTROL,
    ...(stream ? [WAIT_EVENTS] : []),
    ApiBody({ type: request, examples: toExamples(examples) }),
    ApiResponse({
      status: 200,
      description: stream ? 'The answer, or its stream' : 'The answer',
      headers: {
        ...ANSWER_HEADERS,
        ...LIMIT_HEADERS,
        'X-Tier': { description: 'The tier used', schema: { type: 'string', enum: ['small', 'main'] } },
        'X-Cache': {
          description: 'Where the response cache was asked: whether the answer came from it',
          schema: { type: 'string', enum: ['hit', 'miss'] },
        },
        'X-Fallback-From': {
          description: 'The model asked for, when a fallback answered',
          schema: { type: 'string' },
        },
        ...route.headers,
      },
      content: { 'application/json': { schema: { $ref: getSchemaPath(answer) } }, ...stream },
    }),
    route.errors ?? DescribeErrors(...STATUSES),
  );
}
