import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import { MOST_PROMPTS, MOST_TOKEN_ID, promptProblem } from '../completions/prompt.policy.js';
import { parseJsonObject, validateObject } from '../validation/body.parse.js';
import { Located } from '../validation/located.constraint.js';
import { OptionalBoolean, OptionalInteger, OptionalLocated, OptionalText } from '../validation/parameter.decorators.js';
import { choiceProblem } from '../validation/value.policy.js';

/** The model of a request that names none. */
export const DEFAULT_EMBEDDING_MODEL = 'auto';

/**
 * Body of `POST /v1/embeddings` (https://platform.openai.com/docs/api-reference/embeddings/create).
 * Unknown fields are kept; null counts as not set.
 */
export class EmbeddingRequest {
  @ApiPropertyOptional({
    description: 'Id or alias of a model; the default model of the tier without it',
    type: String,
    nullable: true,
    minLength: 1,
    maxLength: 256,
  })
  @IsOptional()
  @MaxLength(256)
  @IsNotEmpty()
  @IsString()
  model?: string | null;

  @ApiProperty({
    oneOf: [
      { type: 'string', minLength: 1 },
      { type: 'array', minItems: 1, maxItems: MOST_PROMPTS, items: { type: 'string', minLength: 1 } },
      { type: 'array', minItems: 1, items: { type: 'integer', minimum: 0, maximum: MOST_TOKEN_ID } },
      {
        type: 'array',
        minItems: 1,
        maxItems: MOST_PROMPTS,
        items: { type: 'array', minItems: 1, items: { type: 'integer', minimum: 0, maximum: MOST_TOKEN_ID } },
      },
    ],
  })
  @Located((value) => promptProblem(value, 'input'))
  input!: string | string[] | number[] | number[][];

  @OptionalLocated((value) => choiceProblem(value, 'encoding_format', ['float', 'base64']), {
    type: 'string',
    nullable: true,
    enum: ['float', 'base64'],
    default: 'float',
  })
  encoding_format?: 'float' | 'base64' | null;

  @OptionalInteger({
    min: 1,
    max: 65_536,
    description: 'Shorter vectors: the first numbers, brought to length 1 again',
  })
  dimensions?: number | null;

  @OptionalText({ most: 512, description: 'Name of the end user; not stored' })
  user?: string | null;

  @OptionalBoolean({ description: 'Ours: tell in `timings` where the time went' })
  include_timings?: boolean | null;
}

/** Checks a parsed body; see {@link parseEmbeddingRequest}. */
export function toEmbeddingRequest(plain: Record<string, unknown>): EmbeddingRequest {
  return validateObject(EmbeddingRequest, plain);
}

/** The bytes of an embedding request as its DTO. Throws `invalid_request` that names the bad parameter. */
export function parseEmbeddingRequest(bytes: Buffer): EmbeddingRequest {
  return toEmbeddingRequest(parseJsonObject(bytes));
}
