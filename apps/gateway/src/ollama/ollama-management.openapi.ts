import { applyDecorators, type Type } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import {
  LONGEST_MODEL_NAME,
  NEW_MODEL_NAME,
  OllamaCopyRequest,
  OllamaCreateRequest,
  OllamaModelName,
} from '@local-llm-agent/contracts';
import { ANSWER_HEADERS, DescribeErrorsAs } from '../http/errors.openapi.js';
import { OllamaErrorObject } from './ollama-answer.dto.js';
import { linesOf } from './ollama-generation.openapi.js';
import { OllamaProgress, OllamaRunning, OllamaShownModel, OllamaTags, OllamaVersion } from './ollama-models.dto.js';

const MEANINGS = {
  400: 'A parameter is wrong, and the message names it; or the runtime cannot do this.',
  404: 'No runtime has this model.',
  408: 'The body did not arrive in time.',
  413: 'The body has too many bytes.',
  415: 'The body is compressed, or comes from a web page and is not JSON.',
  431: 'The headers are too large.',
  500: 'A fault of ours.',
  502: 'It failed on the way, with `stream: false` or before the first step.',
  503: 'The engine or the runtime is not there now, or the model is in use.',
  504: 'The engine or the runtime did not answer in time.',
} as const;

type Status = keyof typeof MEANINGS;

const EVERYWHERE: readonly Status[] = [431, 500];
/** What can be wrong with a body. */
const OF_BODY: readonly Status[] = [400, 408, 413, 415];

function DescribeOllamaErrors(...statuses: readonly Status[]): MethodDecorator {
  const all = [...statuses, ...EVERYWHERE].sort((left, right) => left - right);
  return DescribeErrorsAs(OllamaErrorObject, Object.fromEntries(all.map((status) => [status, MEANINGS[status]])));
}

/** Of an answer to HEAD there is only the head, also of an error. */
function DescribeHeadErrors(...statuses: readonly Status[]): MethodDecorator {
  return applyDecorators(
    ...statuses.map((status) => ApiResponse({ status, description: MEANINGS[status], headers: ANSWER_HEADERS })),
  );
}

const DescribeNothing = (status: number, description: string): MethodDecorator =>
  ApiResponse({ status, description, headers: ANSWER_HEADERS });

type Examples = Readonly<Record<string, object>>;

const DescribeBody = (request: Type, examples: Examples): MethodDecorator =>
  ApiBody({
    type: request,
    examples: Object.fromEntries(Object.entries(examples).map(([title, value]) => [title, { value }])),
  });

interface NamedBody {
  readonly request: Type;
  readonly examples: Examples;
  /** What the name has to look like, if not any. */
  readonly form?: object;
}

/** A body in which `name`, the old spelling of `model`, may stand for it. */
function DescribeNamedBody({ request, examples, form = {} }: NamedBody): MethodDecorator {
  const name = { type: 'string', minLength: 1, ...form };
  return applyDecorators(
    ApiExtraModels(request),
    ApiBody({
      schema: {
        allOf: [{ $ref: getSchemaPath(request) }],
        anyOf: [
          { required: ['model'], properties: { model: name } },
          { required: ['name'], properties: { name, model: { enum: ['', null] } } },
        ],
      },
      examples: Object.fromEntries(Object.entries(examples).map(([title, value]) => [title, { value }])),
    }),
  );
}

const DESCRIBED_DIGEST = ApiParam({
  name: 'digest',
  description: '`sha256:` and 64 hexadecimal digits',
  schema: { type: 'string', pattern: '^sha256[:-][0-9a-f]{64}$' },
  example: 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
});

/** OpenAPI description of the heartbeat. */
export function DescribeHeartbeat(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Say that the gateway runs' }),
    DescribeNothing(200, 'It runs'),
    DescribeHeadErrors(431, 500),
  );
}

/** OpenAPI description of `/api/version`. */
export function DescribeVersion(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'The version of the Ollama API that is spoken' }),
    ApiOkResponse({ type: OllamaVersion, headers: ANSWER_HEADERS }),
    DescribeOllamaErrors(),
  );
}

/** OpenAPI description of `/api/tags`. */
export function DescribeTags(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'List the installed models (Ollama)' }),
    ApiOkResponse({ type: OllamaTags, headers: ANSWER_HEADERS }),
    DescribeOllamaErrors(503, 504),
  );
}

/** OpenAPI description of `/api/ps`. */
export function DescribeRunning(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'List the models in memory (Ollama)' }),
    ApiOkResponse({ type: OllamaRunning, headers: ANSWER_HEADERS }),
    DescribeOllamaErrors(503, 504),
  );
}

/** OpenAPI description of `/api/show`. */
export function DescribeShow(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Show a model (Ollama)' }),
    DescribeNamedBody({
      request: OllamaModelName,
      examples: {
        'what it is': { model: 'gemma3' },
        'with its tensors': { model: 'gemma3', verbose: true },
      },
    }),
    ApiOkResponse({ type: OllamaShownModel, headers: ANSWER_HEADERS }),
    DescribeOllamaErrors(...OF_BODY, 404, 503, 504),
  );
}

interface Progress extends NamedBody {
  readonly summary: string;
}

/** OpenAPI description of a change that is answered step by step. */
function DescribeProgress({ summary, ...body }: Progress): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary, description: 'The steps come as JSON lines; with `stream: false` only the last one.' }),
    DescribeNamedBody(body),
    ApiExtraModels(OllamaProgress),
    ApiResponse({
      status: 200,
      description: 'The last step, or the stream of all',
      headers: ANSWER_HEADERS,
      content: {
        'application/json': { schema: { $ref: getSchemaPath(OllamaProgress) } },
        ...linesOf(OllamaProgress, 'The last one has the status `success`, or is an error.'),
      },
    }),
    DescribeOllamaErrors(...OF_BODY, 404, 502, 503, 504),
  );
}

/** OpenAPI description of `/api/pull`. */
export function DescribePull(): MethodDecorator {
  return DescribeProgress({
    summary: 'Fetch a model from its registry (Ollama)',
    request: OllamaModelName,
    examples: { 'step by step': { model: 'gemma3' }, whole: { model: 'gemma3', stream: false } },
  });
}

/** OpenAPI description of `/api/push`. */
export function DescribePush(): MethodDecorator {
  return DescribeProgress({
    summary: 'Send a model to its registry (Ollama)',
    request: OllamaModelName,
    examples: { 'step by step': { model: 'gemma3' } },
  });
}

/** OpenAPI description of `/api/create`. */
export function DescribeCreate(): MethodDecorator {
  return DescribeProgress({
    summary: 'Make a model from files or from another one (Ollama)',
    request: OllamaCreateRequest,
    form: { maxLength: LONGEST_MODEL_NAME, pattern: NEW_MODEL_NAME.source },
    examples: { 'from another one': { model: 'pirate', from: 'gemma3', system: 'Speak like a pirate.' } },
  });
}

/** OpenAPI description of `/api/copy`. */
export function DescribeCopy(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Copy a model (Ollama)' }),
    DescribeBody(OllamaCopyRequest, { 'one more name': { source: 'gemma3', destination: 'gemma3-backup' } }),
    DescribeNothing(200, 'It is done'),
    DescribeOllamaErrors(...OF_BODY, 404, 503, 504),
  );
}

/** OpenAPI description of `/api/delete`. */
export function DescribeRemove(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Remove a model (Ollama)' }),
    DescribeNamedBody({ request: OllamaModelName, examples: { 'one model': { model: 'gemma3' } } }),
    DescribeNothing(200, 'It is done'),
    DescribeOllamaErrors(...OF_BODY, 404, 503, 504),
  );
}

/** OpenAPI description of asking for a blob. */
export function DescribeHasBlob(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Ask whether a file was uploaded (Ollama)' }),
    DESCRIBED_DIGEST,
    DescribeNothing(200, 'It is there'),
    DescribeNothing(404, 'It is not there'),
    DescribeHeadErrors(400, 431, 500, 503),
  );
}

/** OpenAPI description of uploading a blob. */
export function DescribeAddBlob(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Upload a file for a model (Ollama)' }),
    DESCRIBED_DIGEST,
    ApiBody({
      description: 'The bytes of the file, of any content type',
      schema: { type: 'string', format: 'binary' },
    }),
    DescribeNothing(200, 'It was there'),
    DescribeNothing(201, 'It is kept'),
    DescribeOllamaErrors(400, 413, 503),
  );
}
