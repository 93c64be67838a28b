import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsNotEmpty, IsNumber, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { invalidRequest } from '../errors/api-error.js';
import { parseJsonObject, validateObject } from '../validation/body.parse.js';
import { Located } from '../validation/located.constraint.js';
import { chatMessagesProblem } from './chat-messages.policy.js';
import { stopProblem, streamOptionsProblem, unsupportedProblem } from './chat-options.policy.js';

/** What the Agent API promises for parameters that are not set. */
export const CHAT_DEFAULTS = { maxTokens: 512, temperature: 0.7, topP: 0.9 } as const;

/** Largest count of tokens a client may ask for. */
const MOST_TOKENS = 2 ** 31 - 1;

/** A text part of a message. */
export class TextPart {
  @ApiProperty({ enum: ['text'] })
  type!: 'text';

  @ApiProperty()
  text!: string;
}

/** One message of a chat. */
export class ChatMessage {
  @ApiProperty({ enum: ['system', 'developer', 'user', 'assistant'] })
  role!: 'system' | 'developer' | 'user' | 'assistant';

  @ApiProperty({
    oneOf: [{ type: 'string' }, { type: 'array', minItems: 1, items: { $ref: '#/components/schemas/TextPart' } }],
  })
  content!: string | TextPart[];

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Name of the sender' })
  name?: string | null;
}

/** Options of a streamed answer. */
export class StreamOptions {
  @ApiPropertyOptional({
    type: Boolean,
    nullable: true,
    description: 'Send one more chunk with the usage before [DONE]',
  })
  include_usage?: boolean | null;
}

/**
 * Body of `POST /v1/chat/completions` (https://platform.openai.com/docs/api-reference/chat/create).
 * Unknown fields are kept; null counts as not set.
 */
export class ChatCompletionRequest {
  @ApiProperty({
    description: 'Id or alias of a model, or auto, small, main',
    example: 'gpt-oss-20b',
    minLength: 1,
    maxLength: 256,
  })
  @MaxLength(256)
  @IsNotEmpty()
  @IsString()
  model!: string;

  @ApiProperty({ type: [ChatMessage], minItems: 1 })
  @Located(chatMessagesProblem)
  messages!: ChatMessage[];

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: MOST_TOKENS,
    default: CHAT_DEFAULTS.maxTokens,
    description: 'Most tokens of the answer',
  })
  @IsOptional()
  @Max(MOST_TOKENS)
  @Min(1)
  @IsInt()
  max_tokens?: number | null;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: MOST_TOKENS,
    description: 'The newer name of max_tokens; wins when both are set',
  })
  @IsOptional()
  @Max(MOST_TOKENS)
  @Min(1)
  @IsInt()
  max_completion_tokens?: number | null;

  @ApiPropertyOptional({ type: Number, nullable: true, minimum: 0, maximum: 2, default: CHAT_DEFAULTS.temperature })
  @IsOptional()
  @Max(2)
  @Min(0)
  @IsNumber()
  temperature?: number | null;

  @ApiPropertyOptional({ type: Number, nullable: true, minimum: 0, maximum: 1, default: CHAT_DEFAULTS.topP })
  @IsOptional()
  @Max(1)
  @Min(0)
  @IsNumber()
  top_p?: number | null;

  @ApiPropertyOptional({
    oneOf: [
      { type: 'string', nullable: true },
      { type: 'array', maxItems: 4, items: { type: 'string' } },
    ],
    description: 'Up to four texts that end the answer',
  })
  @IsOptional()
  @Located(stopProblem)
  stop?: string | string[] | null;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    description: 'The same seed and parameters give the same answer where the runtime can',
  })
  @IsOptional()
  @Max(2 ** 32 - 1)
  @Min(-(2 ** 31))
  @IsInt()
  seed?: number | null;

  @ApiPropertyOptional({ type: Boolean, nullable: true, default: false })
  @IsOptional()
  @IsBoolean()
  stream?: boolean | null;

  @ApiPropertyOptional({ type: StreamOptions, nullable: true })
  @IsOptional()
  @Located(streamOptionsProblem)
  stream_options?: StreamOptions | null;
}

/**
 * The bytes of a chat request as its DTO. Parameters that OpenAI has and this version does not carry out are refused
 * by name rather than ignored, unless they ask for what happens anyway (`n: 1`, no tools).
 */
export function parseChatCompletionRequest(bytes: Buffer): ChatCompletionRequest {
  const plain = parseJsonObject(bytes);
  const problem = unsupportedProblem(plain);
  if (problem) throw invalidRequest(`${problem.path} ${problem.message}.`, { param: problem.path });
  return validateObject(ChatCompletionRequest, plain);
}

/** Most tokens the answer may have. */
export function maxTokensOf(request: ChatCompletionRequest): number | undefined {
  return request.max_completion_tokens ?? request.max_tokens ?? undefined;
}
