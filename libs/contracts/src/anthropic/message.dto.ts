import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { AnthropicErrorBody, AnthropicStopReason, AnthropicTokenCount } from './message.js';

/** A block of an answer. */
export class AnthropicBlockObject {
  @ApiProperty({ enum: ['text', 'thinking', 'tool_use'] })
  type!: string;

  @ApiPropertyOptional({ description: 'Of a text' })
  text?: string;

  @ApiPropertyOptional({ description: 'What the model thought' })
  thinking?: string;

  @ApiPropertyOptional({ description: 'Of a tool_use: the id that its result names' })
  id?: string;

  @ApiPropertyOptional({ description: 'Of a tool_use: the tool' })
  name?: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'Of a tool_use' })
  input?: Record<string, unknown>;
}

/** Tokens of an answer of the Anthropic API. */
export class AnthropicUsageObject {
  @ApiProperty({ type: 'integer', description: 'Tokens of the prompt' })
  input_tokens!: number;

  @ApiProperty({ type: 'integer' })
  output_tokens!: number;
}

/** Answer of `POST /v1/messages`; see {@link AnthropicMessage}. */
export class AnthropicMessageObject {
  @ApiProperty({ example: 'msg_abc123' })
  id!: string;

  @ApiProperty({ enum: ['message'] })
  type!: 'message';

  @ApiProperty({ enum: ['assistant'] })
  role!: 'assistant';

  @ApiProperty({ description: 'The name asked for, or the model that answered when a fallback did' })
  model!: string;

  @ApiProperty({ type: [AnthropicBlockObject] })
  content!: AnthropicBlockObject[];

  @ApiProperty({ enum: ['end_turn', 'max_tokens', 'stop_sequence', 'tool_use'] })
  stop_reason!: AnthropicStopReason;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The one of stop_sequences that was met, where the runtime tells',
  })
  stop_sequence!: string | null;

  @ApiProperty({ type: AnthropicUsageObject })
  usage!: AnthropicUsageObject;
}

/** Answer of `POST /v1/messages/count_tokens`. */
export class AnthropicTokenCountObject implements AnthropicTokenCount {
  @ApiProperty({ type: 'integer' })
  input_tokens!: number;
}

/** What went wrong, in Anthropic's words. */
export class AnthropicErrorFields {
  @ApiProperty({
    enum: [
      'invalid_request_error',
      'authentication_error',
      'permission_error',
      'not_found_error',
      'request_too_large',
      'rate_limit_error',
      'timeout_error',
      'api_error',
      'overloaded_error',
    ],
  })
  type!: AnthropicErrorBody['error']['type'];

  @ApiProperty({ description: 'Says what to do next, and names the parameter to blame' })
  message!: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  details?: Record<string, unknown>;
}

/** The error body of the Anthropic API. */
export class AnthropicErrorObject implements AnthropicErrorBody {
  @ApiProperty({ enum: ['error'] })
  type!: 'error';

  @ApiProperty({ type: AnthropicErrorFields })
  error!: AnthropicErrorFields;

  @ApiProperty()
  request_id!: string;
}
