import type { Type } from '@nestjs/common';
import { getSchemaPath } from '@nestjs/swagger';
import {
  OllamaChatRequest,
  OllamaEmbedRequest,
  OllamaEmbeddingsRequest,
  OllamaGenerateRequest,
} from '@local-llm-agent/contracts';
import { DescribeErrorsAs } from '../http/errors.openapi.js';
import { DescribeTokenRoute } from '../http/token-route.openapi.js';
import {
  OllamaChatAnswer,
  OllamaEmbedAnswer,
  OllamaEmbeddingsAnswer,
  OllamaErrorObject,
  OllamaGenerateAnswer,
} from './ollama-answer.dto.js';

const QUESTION = { model: 'gemma3', messages: [{ role: 'user', content: 'What is 2+2?' }] } as const;

const CITY = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } as const;

const CHATS = {
  streamed: QUESTION,
  whole: { ...QUESTION, stream: false, options: { temperature: 0, num_predict: 100 } },
  'with a tool': {
    ...QUESTION,
    messages: [{ role: 'user', content: 'How is the weather in Paris?' }],
    tools: [{ type: 'function', function: { name: 'weather', description: 'Weather of a city', parameters: CITY } }],
  },
  'in a form': { ...QUESTION, stream: false, format: CITY },
  'loads the model': { model: 'gemma3' },
  'unloads the model': { model: 'gemma3', messages: [], keep_alive: 0 },
};

const PROMPTS = {
  streamed: { model: 'gemma3', prompt: 'Why is the sky blue?' },
  whole: { model: 'gemma3', prompt: 'Why is the sky blue?', system: 'Answer in one word.', stream: false },
  'without a template': { model: 'gemma3', prompt: 'Once upon a time', raw: true, options: { num_predict: 20 } },
  'loads the model': { model: 'gemma3' },
};

const ERRORS = DescribeErrorsAs(OllamaErrorObject, {
  400: 'A parameter is wrong, and the message names it; or the prompt is longer than the context of the model.',
  404: 'No runtime has this model.',
  408: 'The body did not arrive in time.',
  413: 'The body has too many bytes.',
  415: 'The body is compressed, or comes from a web page and is not JSON.',
  429: 'Too many requests or tokens in a minute.',
  431: 'The headers are too large.',
  500: 'A fault of ours.',
  503: 'The engine, the runtime or the memory for the model is not there now.',
  504: 'The answer did not come within the time of the tier.',
});

/** Content of a stream: OpenAPI 3.1 has no words for many of a schema, so it is that of one line. */
export function linesOf(line: Type, end: string): Record<string, { schema: object }> {
  const anyOf = [{ $ref: getSchemaPath(line) }, { $ref: getSchemaPath(OllamaErrorObject) }];
  return { 'application/x-ndjson': { schema: { description: `A line of the stream. ${end}`, anyOf } } };
}

const END = 'The last one has `done: true`, or is an error.';

/** OpenAPI description of `/api/chat`. */
export function DescribeOllamaChat(): MethodDecorator {
  return DescribeTokenRoute({
    tag: 'Ollama',
    summary: 'Answer a chat (Ollama)',
    description: 'A stream of JSON lines unless `stream` is false. Without messages the model is loaded, or unloaded.',
    request: OllamaChatRequest,
    answer: OllamaChatAnswer,
    streamed: linesOf(OllamaChatAnswer, END),
    examples: CHATS,
    errors: ERRORS,
  });
}

/** OpenAPI description of `/api/generate`. */
export function DescribeOllamaGenerate(): MethodDecorator {
  return DescribeTokenRoute({
    tag: 'Ollama',
    summary: 'Answer a prompt (Ollama)',
    description: 'A stream of JSON lines unless `stream` is false. Without a prompt the model is loaded, or unloaded.',
    request: OllamaGenerateRequest,
    answer: OllamaGenerateAnswer,
    streamed: linesOf(OllamaGenerateAnswer, END),
    examples: PROMPTS,
    errors: ERRORS,
  });
}

/** OpenAPI description of `/api/embed`. */
export function DescribeOllamaEmbed(): MethodDecorator {
  return DescribeTokenRoute({
    tag: 'Ollama',
    summary: 'Turn texts into vectors (Ollama)',
    description: 'Without an input the model is loaded, or unloaded.',
    request: OllamaEmbedRequest,
    answer: OllamaEmbedAnswer,
    examples: { 'one text': { model: 'gemma3', input: 'a' }, texts: { model: 'gemma3', input: ['a', 'b'] } },
    errors: ERRORS,
  });
}

/** OpenAPI description of `/api/embeddings`. */
export function DescribeOllamaEmbeddings(): MethodDecorator {
  return DescribeTokenRoute({
    tag: 'Ollama',
    summary: 'Turn a text into a vector (Ollama, old form)',
    description: 'The old form of /api/embed. Without a prompt the model is loaded, or unloaded.',
    request: OllamaEmbeddingsRequest,
    answer: OllamaEmbeddingsAnswer,
    deprecated: true,
    examples: { plain: { model: 'gemma3', prompt: 'a' } },
    errors: ERRORS,
  });
}
