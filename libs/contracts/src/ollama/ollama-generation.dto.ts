import { ApiProperty } from '@nestjs/swagger';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import {
  KEEP_ALIVE_FORMS,
  RUNTIME_OPTIONS,
  keepAliveProblem,
  runtimeOptionsProblem,
} from '../generation/options.policy.js';
import { parseJsonObject, validateObject } from '../validation/body.parse.js';
import { OptionalBoolean, OptionalInteger, OptionalLocated, OptionalText } from '../validation/parameter.decorators.js';
import { MOST_TOOLS, toolsProblem } from '../chat/chat-tools.policy.js';
import { isObject } from '../validation/value.policy.js';
import { LONGEST_MODEL_NAME } from './model-name.policy.js';
import {
  IMAGE_FORM,
  MESSAGE_FORM,
  TOOL_FORM,
  contextProblem,
  embedInputProblem,
  formatProblem,
  imagesProblem,
  ollamaMessagesProblem,
  thinkProblem,
} from './ollama-messages.policy.js';

const MOST_TEXT = 2 ** 25;

/** A call of a function, in Ollama's form: arguments are an object. */
export interface OllamaToolCall {
  readonly id?: string | null;
  readonly function: {
    readonly index?: number;
    readonly name: string;
    readonly arguments?: Readonly<Record<string, unknown>> | null;
  };
}

/** A message of `/api/chat`. */
export interface OllamaMessage {
  /** Any case. */
  readonly role: string;
  readonly content?: string | null;
  readonly thinking?: string | null;
  /** Base64, without a data: prefix. */
  readonly images?: readonly string[] | null;
  readonly tool_calls?: readonly OllamaToolCall[] | null;
  /** Of a tool: the function, or the call, that it answers. */
  readonly tool_name?: string | null;
  readonly tool_call_id?: string | null;
}

/** What requests of the Ollama API share. Null counts as not set. */
class OllamaModelRequest {
  @ApiProperty({ description: 'Name or alias of a model', minLength: 1, maxLength: LONGEST_MODEL_NAME })
  @MaxLength(LONGEST_MODEL_NAME)
  @IsNotEmpty()
  @IsString()
  model!: string;

  @OptionalLocated(runtimeOptionsProblem, {
    type: 'object',
    nullable: true,
    properties: RUNTIME_OPTIONS,
    additionalProperties: true,
    description: 'Those that are not listed here are left to the runtime',
  })
  options?: Record<string, unknown> | null;

  @OptionalLocated(keepAliveProblem, {
    nullable: true,
    oneOf: KEEP_ALIVE_FORMS,
    description: 'A wish: the engine decides what stays in memory. 0 without a prompt unloads the model.',
  })
  keep_alive?: string | number | null;
}

/** What requests for text share in the Ollama API. */
class OllamaTextRequest extends OllamaModelRequest {
  @OptionalBoolean({ default: true })
  stream?: boolean | null;

  @OptionalLocated(formatProblem, {
    nullable: true,
    oneOf: [{ type: 'string', enum: ['', 'json'] }, { type: 'object' }],
  })
  format?: '' | 'json' | Record<string, unknown> | null;

  @OptionalLocated(thinkProblem, {
    nullable: true,
    oneOf: [{ type: 'boolean' }, { type: 'string', enum: ['low', 'medium', 'high', 'max'] }],
  })
  think?: boolean | 'low' | 'medium' | 'high' | 'max' | null;

  @OptionalBoolean({ default: false })
  logprobs?: boolean | null;

  @OptionalInteger({ min: 0, max: 20 })
  top_logprobs?: number | null;

  @OptionalBoolean({ description: 'Accepted; a prompt that is too long is always refused, never cut' })
  truncate?: boolean | null;

  @OptionalBoolean({ description: 'Accepted; a chat that outgrows the context ends, it is never shifted' })
  shift?: boolean | null;
}

/** Body of `POST /api/chat`. Unknown fields are ignored, as at Ollama. */
export class OllamaChatRequest extends OllamaTextRequest {
  @OptionalLocated(ollamaMessagesProblem, {
    type: 'array',
    nullable: true,
    items: MESSAGE_FORM,
    description: 'Without any the model is loaded',
  })
  messages?: OllamaMessage[] | null;

  @OptionalLocated((value) => toolsProblem(withTypes(value)), {
    type: 'array',
    nullable: true,
    maxItems: MOST_TOOLS,
    items: TOOL_FORM,
  })
  tools?:
    { type?: string; function: { name: string; description?: string; parameters?: Record<string, unknown> } }[] | null;
}

/** Body of `POST /api/generate`. Unknown fields are ignored, as at Ollama. */
export class OllamaGenerateRequest extends OllamaTextRequest {
  @OptionalText({ most: MOST_TEXT, description: 'Without one the model is loaded' })
  prompt?: string | null;

  @OptionalText({ most: MOST_TEXT, description: 'What comes after the text, for models that fill in' })
  suffix?: string | null;

  @OptionalText({ most: MOST_TEXT })
  system?: string | null;

  @OptionalText({ most: MOST_TEXT, description: 'Refused: the template of the model is used, or none with raw' })
  template?: string | null;

  @OptionalLocated(contextProblem, {
    type: 'array',
    nullable: true,
    items: { type: 'integer', minimum: 0 },
    description: 'The context of an earlier answer',
  })
  context?: number[] | null;

  @OptionalBoolean({ default: false, description: 'Use the prompt as it is, without a template' })
  raw?: boolean | null;

  @OptionalLocated((value) => imagesProblem(value, 'images'), {
    type: 'array',
    nullable: true,
    items: IMAGE_FORM,
  })
  images?: string[] | null;
}

/** Body of `POST /api/embed`. */
export class OllamaEmbedRequest extends OllamaModelRequest {
  @OptionalLocated(embedInputProblem, {
    nullable: true,
    oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string', minLength: 1 } }],
    description: 'Without any the model is loaded',
  })
  input?: string | string[] | null;

  @OptionalInteger({ min: 0, max: 65_536 })
  dimensions?: number | null;

  @OptionalBoolean({ description: 'Accepted; an input that is too long is always refused, never cut' })
  truncate?: boolean | null;
}

/** Body of `POST /api/embeddings`, the old form of `/api/embed`. */
export class OllamaEmbeddingsRequest extends OllamaModelRequest {
  @OptionalText({ most: MOST_TEXT, description: 'Without one the model is loaded' })
  prompt?: string | null;
}

/** Ollama's clients may leave the type of a tool out: there is only one. */
function withTypes(tools: unknown): unknown {
  if (!Array.isArray(tools)) return tools;
  return tools.map((tool: unknown) => (isObject(tool) ? { ...tool, type: tool['type'] ?? 'function' } : tool));
}

/** The bytes of a chat as its DTO. Throws `invalid_request` that names the bad parameter. */
export function parseOllamaChat(bytes: Buffer): OllamaChatRequest {
  return validateObject(OllamaChatRequest, parseJsonObject(bytes));
}

/** The bytes of a generation as its DTO. Throws `invalid_request` that names the bad parameter. */
export function parseOllamaGenerate(bytes: Buffer): OllamaGenerateRequest {
  return validateObject(OllamaGenerateRequest, parseJsonObject(bytes));
}

/** The bytes of an embedding as its DTO. Throws `invalid_request` that names the bad parameter. */
export function parseOllamaEmbed(bytes: Buffer): OllamaEmbedRequest {
  return validateObject(OllamaEmbedRequest, parseJsonObject(bytes));
}

/** The bytes of an embedding in the old form as its DTO. Throws `invalid_request` that names the bad parameter. */
export function parseOllamaEmbeddings(bytes: Buffer): OllamaEmbeddingsRequest {
  return validateObject(OllamaEmbeddingsRequest, parseJsonObject(bytes));
}
