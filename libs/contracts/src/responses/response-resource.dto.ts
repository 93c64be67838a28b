import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ResponseItemPage, ResponseObject } from './response.types.js';

const ITEM_TYPES = ['message', 'function_call', 'function_call_output', 'reasoning'] as const;
const NOTES = { type: 'object', nullable: true, additionalProperties: { type: 'string' } } as const;

/** An item of a conversation; its other fields go by its type. */
export class ResponseItemResource {
  @ApiProperty({ example: 'msg_0123456789abcdef0123456789abcdef0001' })
  id!: string;

  @ApiProperty({ enum: ITEM_TYPES })
  type!: (typeof ITEM_TYPES)[number];

  @ApiPropertyOptional({ enum: ['in_progress', 'completed', 'incomplete'] })
  status?: 'in_progress' | 'completed' | 'incomplete';
}

/** Tokens of the input that were in the cache. */
export class InputTokensDetailsResource {
  @ApiProperty({ type: 'integer' })
  cached_tokens!: number;

  @ApiProperty({ type: 'integer' })
  cache_write_tokens!: number;
}

/** Tokens of the answer by kind. */
export class OutputTokensDetailsResource {
  @ApiProperty({ type: 'integer', description: '0 where the runtime does not count thoughts apart' })
  reasoning_tokens!: number;
}

/** Tokens of a response, counted by the tokenizer of the model. */
export class ResponseUsageResource implements NonNullable<ResponseObject['usage']> {
  @ApiProperty({ type: 'integer' })
  input_tokens!: number;

  @ApiProperty({ type: InputTokensDetailsResource })
  input_tokens_details!: InputTokensDetailsResource;

  @ApiProperty({ type: 'integer' })
  output_tokens!: number;

  @ApiProperty({ type: OutputTokensDetailsResource })
  output_tokens_details!: OutputTokensDetailsResource;

  @ApiProperty({ type: 'integer' })
  total_tokens!: number;
}

/** Why a response failed. */
export class ResponseErrorResource {
  @ApiProperty({ enum: ['server_error', 'rate_limit_exceeded', 'invalid_prompt'] })
  code!: string;

  @ApiProperty()
  message!: string;
}

/** Why a response is not whole. */
export class IncompleteDetailsResource {
  @ApiProperty({ enum: ['max_output_tokens', 'content_filter'] })
  reason!: string;
}

/** What clients rely on of a response; see {@link ResponseObject} for all of it. */
export class ResponseResource {
  @ApiProperty({ example: 'resp_0123456789abcdef0123456789abcdef' })
  id!: string;

  @ApiProperty({ enum: ['response'] })
  object!: 'response';

  @ApiProperty({ type: 'integer', description: 'Unix seconds', example: 1_706_000_000 })
  created_at!: number;

  @ApiPropertyOptional({ type: 'integer', description: 'Unix seconds' })
  completed_at?: number;

  @ApiProperty({ enum: ['completed', 'incomplete', 'failed', 'cancelled'] })
  status!: string;

  @ApiProperty({ description: 'The name asked for, or the model that answered when a fallback did' })
  model!: string;

  @ApiProperty({ type: [ResponseItemResource] })
  output!: ResponseItemResource[];

  @ApiProperty({ type: ResponseErrorResource, nullable: true })
  error!: ResponseErrorResource | null;

  @ApiProperty({ type: IncompleteDetailsResource, nullable: true })
  incomplete_details!: IncompleteDetailsResource | null;

  @ApiProperty({ type: String, nullable: true })
  instructions!: string | null;

  @ApiProperty({ type: String, nullable: true })
  previous_response_id!: string | null;

  @ApiProperty({ description: 'Whether it can be asked for again' })
  store!: boolean;

  @ApiProperty(NOTES)
  metadata!: Record<string, string> | null;

  @ApiPropertyOptional({ type: ResponseUsageResource })
  usage?: ResponseUsageResource;
}

/** One page of the input of a response. */
export class ResponseItemPageResource implements Omit<ResponseItemPage, 'data'> {
  @ApiProperty({ enum: ['list'] })
  object!: 'list';

  @ApiProperty({ type: [ResponseItemResource] })
  data!: ResponseItemResource[];

  @ApiProperty({ type: String, nullable: true })
  first_id!: string | null;

  @ApiProperty({ type: String, nullable: true })
  last_id!: string | null;

  @ApiProperty()
  has_more!: boolean;
}

/** A response that was deleted. */
export class DeletedResponseResource {
  @ApiProperty()
  id!: string;

  @ApiProperty({ enum: ['response.deleted'] })
  object!: 'response.deleted';

  @ApiProperty({ enum: [true] })
  deleted!: true;
}
