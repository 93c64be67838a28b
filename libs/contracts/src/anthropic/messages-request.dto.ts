import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsNotEmpty, IsString, Max, MaxLength, Min } from 'class-validator';
import { invalidRequest } from '../errors/api-error.js';
import { MOST_TOKENS } from '../generation/generation-parameters.dto.js';
import { parseJsonObject, validateObject } from '../validation/body.parse.js';
import { Located, type Problem } from '../validation/located.constraint.js';
import {
  OptionalBoolean,
  OptionalInteger,
  OptionalLocated,
  OptionalNumber,
} from '../validation/parameter.decorators.js';
import { choiceProblem } from '../validation/value.policy.js';
import { anthropicMessagesProblem, systemProblem } from './messages-content.policy.js';
import {
  outputConfigProblem,
  outputFormatProblem,
  stopSequencesProblem,
  thinkingProblem,
  unsupportedAnthropicProblem,
  userMetadataProblem,
} from './messages-options.policy.js';
import {
  anthropicToolChoiceConflict,
  anthropicToolChoiceProblem,
  anthropicToolsProblem,
} from './messages-tools.policy.js';

/** A text. */
export interface AnthropicTextBlock {
  readonly type: 'text';
  readonly text: string;
}

/** An image, in a message of the user or in the result of a tool. */
export interface AnthropicImageBlock {
  readonly type: 'image';
  readonly source: { readonly type: 'base64'; readonly media_type: string; readonly data: string };
}

/** A document whose text is given. */
export interface AnthropicDocumentBlock {
  readonly type: 'document';
  readonly source:
    | { readonly type: 'text'; readonly data: string }
    | { readonly type: 'content'; readonly content: string | readonly (AnthropicTextBlock | AnthropicImageBlock)[] };
  readonly title?: string | null;
  readonly context?: string | null;
}

/** What a tool gave. */
export interface AnthropicToolResultBlock {
  readonly type: 'tool_result';
  readonly tool_use_id: string;
  readonly content?: string | readonly (AnthropicTextBlock | AnthropicImageBlock | AnthropicDocumentBlock)[] | null;
  readonly is_error?: boolean | null;
}

/** A block of a message in a request. */
export type AnthropicBlock =
  | AnthropicTextBlock
  | AnthropicImageBlock
  | AnthropicDocumentBlock
  | AnthropicToolResultBlock
  | { readonly type: 'thinking'; readonly thinking: string }
  | { readonly type: 'redacted_thinking' }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: object };

/** A message of a request. */
export interface AnthropicInputMessage {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: string | readonly AnthropicBlock[];
}

/** A tool of the client. */
export interface AnthropicTool {
  readonly name: string;
  readonly description?: string | null;
  readonly input_schema: Record<string, unknown>;
  readonly strict?: boolean | null;
}

/** Which tool the model calls. */
export interface AnthropicToolChoice {
  readonly type: 'auto' | 'any' | 'tool' | 'none';
  readonly name?: string;
  readonly disable_parallel_tool_use?: boolean | null;
}

/** The form of the answer. */
export interface AnthropicOutputFormat {
  readonly type: 'json_schema';
  readonly schema: Record<string, unknown>;
}

const blocks = (description: string): object => ({
  description,
  oneOf: [
    { type: 'string' },
    { type: 'array', items: { type: 'object', required: ['type'], properties: { type: { type: 'string' } } } },
  ],
});

const formatSchema = {
  type: 'object' as const,
  nullable: true,
  required: ['type', 'schema'],
  properties: {
    type: { type: 'string' as const, enum: ['json_schema'] },
    schema: { type: 'object' as const, additionalProperties: true },
  },
};

/** Body of `POST /v1/messages/count_tokens`. Unknown fields are kept; null counts as not set. */
export class AnthropicCountRequest {
  @ApiProperty({ description: 'Id or alias of a model, or auto, small, main', minLength: 1, maxLength: 256 })
  @MaxLength(256)
  @IsNotEmpty()
  @IsString()
  model!: string;

  @ApiProperty({
    type: 'array',
    minItems: 1,
    items: {
      type: 'object',
      required: ['role', 'content'],
      properties: {
        role: { type: 'string', enum: ['user', 'assistant', 'system'] },
        content: blocks('Blocks: text, image, document, tool_result; text, thinking, tool_use of an assistant'),
      },
    },
  })
  @Located(anthropicMessagesProblem)
  messages!: AnthropicInputMessage[];

  @OptionalLocated(systemProblem, { nullable: true, ...blocks('The system prompt: a text, or text blocks') })
  system?: string | AnthropicTextBlock[] | null;

  @OptionalLocated(anthropicToolsProblem, {
    type: 'array',
    nullable: true,
    maxItems: 128,
    items: {
      type: 'object',
      required: ['name', 'input_schema'],
      properties: {
        type: { type: 'string', nullable: true, enum: ['custom'] },
        name: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' },
        description: { type: 'string', nullable: true },
        input_schema: {
          type: 'object',
          required: ['type'],
          properties: { type: { type: 'string', enum: ['object'] } },
          additionalProperties: true,
        },
        strict: { type: 'boolean', nullable: true },
      },
    },
  })
  tools?: AnthropicTool[] | null;

  @OptionalLocated(anthropicToolChoiceProblem, {
    type: 'object',
    nullable: true,
    required: ['type'],
    properties: {
      type: { type: 'string', enum: ['auto', 'any', 'tool', 'none'] },
      name: { type: 'string' },
      disable_parallel_tool_use: { type: 'boolean', nullable: true },
    },
  })
  tool_choice?: AnthropicToolChoice | null;

  @OptionalLocated(thinkingProblem, {
    type: 'object',
    nullable: true,
    required: ['type'],
    properties: {
      type: { type: 'string', enum: ['enabled', 'disabled', 'adaptive', 'between_tools'] },
      budget_tokens: { type: 'integer', minimum: 1024 },
      display: { type: 'string', nullable: true, enum: ['summarized', 'omitted'] },
    },
    description: 'Without it models do not think where that can be switched off',
  })
  thinking?: { type: string; budget_tokens?: number; display?: string | null } | null;

  @OptionalLocated(outputConfigProblem, {
    type: 'object',
    nullable: true,
    properties: {
      effort: { type: 'string', nullable: true, enum: ['low', 'medium', 'high', 'xhigh', 'max'] },
      format: formatSchema,
    },
  })
  output_config?: { effort?: string | null; format?: AnthropicOutputFormat | null } | null;

  @OptionalLocated((value) => outputFormatProblem(value, 'output_format'), {
    ...formatSchema,
    description: 'The name of output_config.format in the beta',
  })
  output_format?: AnthropicOutputFormat | null;
}

/** Body of `POST /v1/messages` (https://docs.anthropic.com/en/api/messages). */
export class AnthropicMessagesRequest extends AnthropicCountRequest {
  @ApiProperty({ type: 'integer', minimum: 1, maximum: MOST_TOKENS, description: 'Most tokens of the answer' })
  @Max(MOST_TOKENS)
  @Min(1)
  @IsInt()
  max_tokens!: number;

  @OptionalLocated(stopSequencesProblem, {
    type: 'array',
    nullable: true,
    maxItems: 4,
    items: { type: 'string', minLength: 1 },
  })
  stop_sequences?: string[] | null;

  @OptionalBoolean({ default: false })
  stream?: boolean | null;

  @OptionalNumber({ min: 0, max: 1 })
  temperature?: number | null;

  @OptionalNumber({ min: 0, max: 1 })
  top_p?: number | null;

  @OptionalInteger({ min: 0, max: MOST_TOKENS })
  top_k?: number | null;

  @OptionalLocated(userMetadataProblem, {
    type: 'object',
    nullable: true,
    properties: { user_id: { type: 'string', nullable: true, maxLength: 1024 } },
    description: 'Not stored',
  })
  metadata?: { user_id?: string | null } | null;

  @OptionalLocated((value) => choiceProblem(value, 'service_tier', ['auto', 'standard_only']), {
    type: 'string',
    nullable: true,
    enum: ['auto', 'standard_only'],
    description: 'Without effect; the header X-Tier chooses a tier',
  })
  service_tier?: string | null;
}

function refuse(problem: Problem | undefined): void {
  if (problem) throw invalidRequest(`${problem.path} ${problem.message}.`, { param: problem.path });
}

function conflictOf(request: AnthropicMessagesRequest): Problem | undefined {
  const { thinking, max_tokens: most, messages } = request;
  if (thinking?.type === 'enabled' && (thinking.budget_tokens ?? 0) >= most)
    return { path: 'thinking.budget_tokens', message: 'must be less than max_tokens' };
  if (messages.at(-1)?.role !== 'assistant') return undefined;
  return {
    path: 'messages',
    message: 'must not end with an assistant message: local models do not go on from the beginning of an answer',
  };
}

/** The bytes of a count request as its DTO. Throws `invalid_request` that names the bad parameter. */
export function parseAnthropicCountRequest(bytes: Buffer): AnthropicCountRequest {
  const plain = parseJsonObject(bytes);
  refuse(unsupportedAnthropicProblem(plain));
  const request = validateObject(AnthropicCountRequest, plain);
  refuse(anthropicToolChoiceConflict(plain));
  return request;
}

/** The bytes of a messages request as its DTO. Throws `invalid_request` that names the bad parameter. */
export function parseAnthropicMessagesRequest(bytes: Buffer): AnthropicMessagesRequest {
  const plain = parseJsonObject(bytes);
  refuse(unsupportedAnthropicProblem(plain));
  const request = validateObject(AnthropicMessagesRequest, plain);
  refuse(anthropicToolChoiceConflict(plain) ?? conflictOf(request));
  return request;
}
