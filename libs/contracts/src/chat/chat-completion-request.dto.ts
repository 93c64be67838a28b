import { ApiProperty } from '@nestjs/swagger';
import { invalidRequest } from '../errors/api-error.js';
import { GenerationParameters, MOST_TOKENS } from '../generation/generation-parameters.dto.js';
import { metadataProblem, streamOptionsConflict, templateOptionsProblem } from '../generation/options.policy.js';
import { parseJsonObject, validateObject } from '../validation/body.parse.js';
import { Located, type Problem } from '../validation/located.constraint.js';
import { OptionalBoolean, OptionalInteger, OptionalLocated } from '../validation/parameter.decorators.js';
import { choiceProblem, isUnset } from '../validation/value.policy.js';
import { ChatMessage } from './chat-message.dto.js';
import { chatMessagesProblem } from './chat-messages.policy.js';
import { toolChoiceConflict, toolChoiceProblem, toolsProblem } from './chat-tools.policy.js';
import { responseFormatProblem } from './response-format.policy.js';
import { unsupportedProblem } from './unsupported.policy.js';

/** How much a model is to think before it answers. */
export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** All efforts. */
export const REASONING_EFFORTS: readonly ReasoningEffort[] = [
  'none',
  'minimal',
  'low',
  'medium',
  'high',
  'xhigh',
  'max',
];

/** A function that the model may call. */
export class FunctionTool {
  @ApiProperty({ enum: ['function'] })
  type!: 'function';

  @ApiProperty({
    type: 'object',
    selfRequired: true,
    required: ['name'],
    properties: {
      name: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' },
      description: { type: 'string', nullable: true },
      parameters: { type: 'object', nullable: true, additionalProperties: true, description: 'JSON schema' },
      strict: { type: 'boolean', nullable: true },
    },
  })
  function!: {
    name: string;
    description?: string | null;
    parameters?: Record<string, unknown> | null;
    strict?: boolean | null;
  };
}

/** The form of the answer. */
export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json_object' }
  | {
      type: 'json_schema';
      json_schema: { name: string; schema: Record<string, unknown>; strict?: boolean | null; description?: string };
    };

/** Which tool the model calls. */
export type ToolChoice = 'none' | 'auto' | 'required' | { type: 'function'; function: { name: string } };

/**
 * Body of `POST /v1/chat/completions` (https://platform.openai.com/docs/api-reference/chat/create).
 * Unknown fields are kept; null counts as not set.
 */
export class ChatCompletionRequest extends GenerationParameters {
  @ApiProperty({ type: [ChatMessage], minItems: 1 })
  @Located(chatMessagesProblem)
  messages!: ChatMessage[];

  @OptionalInteger({
    min: 1,
    max: MOST_TOKENS,
    description: 'The newer name of max_tokens; wins when both are set',
  })
  max_completion_tokens?: number | null;

  @OptionalBoolean({ default: false, description: 'Give the log-probability of each token' })
  logprobs?: boolean | null;

  @OptionalInteger({ min: 0, max: 20, description: 'Give the likeliest tokens at each place; needs logprobs' })
  top_logprobs?: number | null;

  @OptionalLocated(responseFormatProblem, {
    nullable: true,
    oneOf: [
      {
        type: 'object',
        required: ['type'],
        properties: { type: { type: 'string', enum: ['text', 'json_object'] } },
      },
      {
        type: 'object',
        required: ['type', 'json_schema'],
        properties: {
          type: { type: 'string', enum: ['json_schema'] },
          json_schema: {
            type: 'object',
            required: ['name', 'schema'],
            properties: {
              name: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' },
              description: { type: 'string', nullable: true },
              schema: { type: 'object', additionalProperties: true },
              strict: { type: 'boolean', nullable: true },
            },
          },
        },
      },
    ],
  })
  response_format?: ResponseFormat | null;

  @OptionalLocated(toolsProblem, {
    type: 'array',
    nullable: true,
    maxItems: 128,
    items: { $ref: '#/components/schemas/FunctionTool' },
  })
  tools?: FunctionTool[] | null;

  @OptionalLocated(toolChoiceProblem, {
    nullable: true,
    oneOf: [
      { type: 'string', enum: ['none', 'auto', 'required'] },
      {
        type: 'object',
        required: ['type', 'function'],
        properties: {
          type: { type: 'string', enum: ['function'] },
          function: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
        },
      },
    ],
  })
  tool_choice?: ToolChoice | null;

  @OptionalBoolean({ default: true, description: 'Whether one answer may call several tools' })
  parallel_tool_calls?: boolean | null;

  @OptionalLocated((value) => choiceProblem(value, 'reasoning_effort', REASONING_EFFORTS), {
    type: 'string',
    nullable: true,
    enum: [...REASONING_EFFORTS],
    description: 'For models that think; the others ignore it',
  })
  reasoning_effort?: ReasoningEffort | null;

  @OptionalLocated(metadataProblem, {
    type: 'object',
    nullable: true,
    maxProperties: 16,
    additionalProperties: { type: 'string', maxLength: 512 },
    description: 'Notes of the client; not stored',
  })
  metadata?: Record<string, string> | null;

  @OptionalLocated(templateOptionsProblem, {
    type: 'object',
    nullable: true,
    additionalProperties: true,
    description: 'Of vLLM: variables of the chat template',
  })
  chat_template_kwargs?: Record<string, unknown> | null;
}

/** What only shows when two parameters are seen together. */
function conflictOf(request: ChatCompletionRequest): Problem | undefined {
  const { top_logprobs: top, logprobs } = request;
  const streaming = streamOptionsConflict(request);
  if (streaming) return streaming;
  if (!isUnset(top) && top > 0 && logprobs !== true) return { path: 'top_logprobs', message: 'needs logprobs: true' };
  return toolChoiceConflict(request as unknown as Record<string, unknown>);
}

/** Checks a parsed body; see {@link parseChatCompletionRequest}. */
export function toChatCompletionRequest(plain: Record<string, unknown>): ChatCompletionRequest {
  const unsupported = unsupportedProblem(plain);
  if (unsupported) throw invalidRequest(`${unsupported.path} ${unsupported.message}.`, { param: unsupported.path });
  const request = validateObject(ChatCompletionRequest, plain);
  const conflict = conflictOf(request);
  if (conflict) throw invalidRequest(`${conflict.path} ${conflict.message}.`, { param: conflict.path });
  return request;
}

/**
 * The bytes of a chat request as its DTO. Parameters that OpenAI has and no local model can carry out are refused by
 * name rather than ignored, unless they ask for what happens anyway.
 */
export function parseChatCompletionRequest(bytes: Buffer): ChatCompletionRequest {
  return toChatCompletionRequest(parseJsonObject(bytes));
}
