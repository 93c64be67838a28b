import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import {
  OptionalBoolean,
  OptionalInteger,
  OptionalLocated,
  OptionalNumber,
  OptionalText,
} from '../validation/parameter.decorators.js';
import {
  KEEP_ALIVE_FORMS,
  RUNTIME_OPTIONS,
  keepAliveProblem,
  logitBiasProblem,
  runtimeOptionsProblem,
  stopProblem,
  streamOptionsProblem,
} from './options.policy.js';

/** What the Agent API promises for parameters that are not set. */
export const GENERATION_DEFAULTS = { maxTokens: 512, temperature: 0.7, topP: 0.9 } as const;

/** Largest count of tokens a client may ask for. */
export const MOST_TOKENS = 2 ** 31 - 1;
/** Most answers to one prompt, as at OpenAI. */
const MOST_CHOICES = 128;
const LONGEST_NAME = 256;

/** Options of a streamed answer. */
export class StreamOptions {
  @ApiPropertyOptional({
    type: Boolean,
    nullable: true,
    description: 'Send one more chunk with the usage before [DONE]',
  })
  include_usage?: boolean | null;

  @ApiPropertyOptional({
    type: Boolean,
    nullable: true,
    description: 'Give the tokens of the prompt in the first chunk; the prompt is counted before it is answered',
  })
  include_prompt_usage?: boolean | null;
}

/** What requests for text share: the model, how it is sampled, how the answer comes. Null counts as not set. */
export class GenerationParameters {
  @ApiProperty({
    description: 'Id or alias of a model, or auto, small, main',
    example: 'gpt-oss-20b',
    minLength: 1,
    maxLength: LONGEST_NAME,
  })
  @MaxLength(LONGEST_NAME)
  @IsNotEmpty()
  @IsString()
  model!: string;

  @OptionalInteger({ min: 1, max: MOST_TOKENS, description: 'Most tokens of the answer' })
  max_tokens?: number | null;

  @OptionalNumber({ min: 0, max: 2, default: GENERATION_DEFAULTS.temperature })
  temperature?: number | null;

  @OptionalNumber({ min: 0, max: 1, default: GENERATION_DEFAULTS.topP })
  top_p?: number | null;

  @OptionalInteger({ min: 1, max: MOST_CHOICES, default: 1, description: 'How many answers; they share one slot' })
  n?: number | null;

  @OptionalLocated(stopProblem, {
    nullable: true,
    oneOf: [
      { type: 'string', minLength: 1 },
      { type: 'array', maxItems: 4, items: { type: 'string', minLength: 1 } },
    ],
    description: 'Up to four texts that end the answer',
  })
  stop?: string | string[] | null;

  @OptionalInteger({
    min: -(2 ** 31),
    max: 2 ** 32 - 1,
    description: 'The same seed and parameters give the same answer where the runtime can',
  })
  seed?: number | null;

  @OptionalNumber({ min: -2, max: 2, default: 0 })
  presence_penalty?: number | null;

  @OptionalNumber({ min: -2, max: 2, default: 0 })
  frequency_penalty?: number | null;

  @OptionalLocated(logitBiasProblem, {
    type: 'object',
    nullable: true,
    additionalProperties: { type: 'number', minimum: -100, maximum: 100 },
    description: 'Token ids of the model -> bias',
  })
  logit_bias?: Record<string, number> | null;

  @OptionalBoolean({ default: false })
  stream?: boolean | null;

  @OptionalLocated(streamOptionsProblem, {
    nullable: true,
    oneOf: [{ $ref: '#/components/schemas/StreamOptions' }],
  })
  stream_options?: StreamOptions | null;

  @OptionalText({ most: 512, description: 'Name of the end user; not stored' })
  user?: string | null;

  @OptionalInteger({ min: -1, max: MOST_TOKENS, description: 'Of vLLM and Ollama; 0 and -1 switch it off' })
  top_k?: number | null;

  @OptionalNumber({ min: 0, max: 1, description: 'Of vLLM and Ollama' })
  min_p?: number | null;

  @OptionalNumber({ min: 0.01, max: 10, description: 'Of Ollama; 1 switches it off' })
  repeat_penalty?: number | null;

  @OptionalNumber({ min: 0.01, max: 10, description: 'The name of repeat_penalty at vLLM' })
  repetition_penalty?: number | null;

  @OptionalLocated(runtimeOptionsProblem, {
    type: 'object',
    nullable: true,
    properties: RUNTIME_OPTIONS,
    additionalProperties: true,
    description: "Ollama's options; the parameters beside it win",
  })
  options?: Record<string, unknown> | null;

  @OptionalLocated(keepAliveProblem, {
    nullable: true,
    oneOf: KEEP_ALIVE_FORMS,
    description: 'A wish: the engine decides what stays in memory',
  })
  keep_alive?: string | number | null;

  @OptionalBoolean({ description: 'Ours: tell in `timings` where the time went, in a stream with the usage' })
  include_timings?: boolean | null;

  @OptionalBoolean({
    description:
      'Tell which stop text was met, as stop_reason, also where it costs a second look at the prompt (Ollama)',
  })
  include_stop_reason?: boolean | null;
}
