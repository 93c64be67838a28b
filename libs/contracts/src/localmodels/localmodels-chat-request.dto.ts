import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import { GENERATION_DEFAULTS, MOST_TOKENS } from '../generation/generation-parameters.dto.js';
import { parseJsonObject, validateObject } from '../validation/body.parse.js';
import {
  OptionalBoolean,
  OptionalInteger,
  OptionalLocated,
  OptionalNumber,
} from '../validation/parameter.decorators.js';
import { choiceProblem } from '../validation/value.policy.js';

const LONGEST_NAME = 256;
const MOST_MESSAGE = 2 ** 25;
const EFFORTS = ['low', 'medium', 'high'] as const;

/** What LocalModels promises for parameters that are not set; the model is the default one of the catalog. */
export const LOCALMODELS_DEFAULTS = {
  maxTokens: GENERATION_DEFAULTS.maxTokens,
  temperature: GENERATION_DEFAULTS.temperature,
  reasoning: 'medium',
} as const;

/** Body of LocalModels' `POST /chat` and `POST /chat/{model_name}`. Null counts as not set. */
export class LocalModelsChatRequest {
  @ApiProperty({ description: 'The question', minLength: 1, example: 'Explica el machine learning' })
  @MaxLength(MOST_MESSAGE)
  @IsNotEmpty()
  @IsString()
  message!: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    minLength: 1,
    maxLength: LONGEST_NAME,
    description: 'Id or alias of a model; the default model of the catalog without it',
  })
  @IsOptional()
  @MaxLength(LONGEST_NAME)
  @IsNotEmpty()
  @IsString()
  model?: string | null;

  @OptionalInteger({ min: 1, max: MOST_TOKENS, default: LOCALMODELS_DEFAULTS.maxTokens })
  max_tokens?: number | null;

  @OptionalNumber({ min: 0, max: 2, default: LOCALMODELS_DEFAULTS.temperature })
  temperature?: number | null;

  @OptionalLocated((value) => choiceProblem(value, 'reasoning', EFFORTS), {
    type: 'string',
    nullable: true,
    enum: [...EFFORTS],
    default: LOCALMODELS_DEFAULTS.reasoning,
    description: 'How much models think that can',
  })
  reasoning?: (typeof EFFORTS)[number] | null;

  @OptionalBoolean({ default: false, description: 'Answer line by line' })
  stream?: boolean | null;
}

/** The bytes of a LocalModels request as its DTO. Throws `invalid_request` that names the bad parameter. */
export function parseLocalModelsChatRequest(bytes: Buffer): LocalModelsChatRequest {
  return validateObject(LocalModelsChatRequest, parseJsonObject(bytes));
}
