import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type OpenAI from 'openai';
import { Timings } from '../generation/timings.dto.js';
import { UsageObject } from '../generation/usage.dto.js';
import type { AnswerMessage, ChatCompletion, ChatCompletionChunk, ChatDelta, FinishReason } from './chat-completion.js';

const FINISH_REASONS: readonly FinishReason[] = ['stop', 'length', 'tool_calls'];
const UNIX_SECONDS = { type: 'integer', description: 'Unix seconds', example: 1_706_000_000 } as const;
const MODEL = {
  description: 'The name asked for, or the model that answered when a fallback did',
  example: 'gpt-oss-20b',
} as const;

/** A token that could have stood in the place of another. */
class TopLogprobObject implements OpenAI.ChatCompletionTokenLogprob.TopLogprob {
  @ApiProperty()
  token!: string;

  @ApiProperty({ maximum: 0 })
  logprob!: number;

  @ApiProperty({ type: [Number], nullable: true, description: 'The token in UTF-8, which may be part of a character' })
  bytes!: number[] | null;
}

/** A token of an answer and how likely it was. */
class TokenLogprobObject extends TopLogprobObject implements OpenAI.ChatCompletionTokenLogprob {
  @ApiProperty({ type: [TopLogprobObject], description: 'The likeliest tokens at this place' })
  top_logprobs!: TopLogprobObject[];
}

/** How likely the tokens of an answer were. */
class ChoiceLogprobsObject implements OpenAI.ChatCompletion.Choice.Logprobs {
  @ApiProperty({ type: [TokenLogprobObject], nullable: true })
  content!: TokenLogprobObject[] | null;

  @ApiProperty({ type: [TokenLogprobObject], nullable: true })
  refusal!: TokenLogprobObject[] | null;
}

/** The function that an answer calls. */
class CalledFunctionObject implements OpenAI.ChatCompletionMessageFunctionToolCall.Function {
  @ApiProperty()
  name!: string;

  @ApiProperty({ description: 'JSON' })
  arguments!: string;
}

/** A call of a tool in an answer. */
class ToolCallObject implements OpenAI.ChatCompletionMessageFunctionToolCall {
  @ApiProperty({ example: 'call_abc123' })
  id!: string;

  @ApiProperty({ enum: ['function'] })
  type!: 'function';

  @ApiProperty({ type: CalledFunctionObject })
  function!: CalledFunctionObject;
}

/** The message of an answer. */
class AnswerMessageObject implements AnswerMessage {
  @ApiProperty({ enum: ['assistant'] })
  role!: 'assistant';

  @ApiProperty({ type: String, nullable: true, description: 'Null for an answer that only calls tools' })
  content!: string | null;

  @ApiProperty({ type: String, nullable: true })
  refusal!: string | null;

  @ApiPropertyOptional({ description: 'What the model thought before it answered' })
  reasoning_content?: string;

  @ApiPropertyOptional({ type: [ToolCallObject] })
  tool_calls?: ToolCallObject[];
}

/** One of the answers to a chat. */
class ChatChoiceObject {
  @ApiProperty({ type: 'integer' })
  index!: number;

  @ApiProperty({ type: AnswerMessageObject })
  message!: AnswerMessageObject;

  @ApiProperty({ type: ChoiceLogprobsObject, nullable: true })
  logprobs!: ChoiceLogprobsObject | null;

  @ApiProperty({ enum: FINISH_REASONS })
  finish_reason!: FinishReason;

  @ApiPropertyOptional({ description: 'The stop text that was met, where the runtime tells; see include_stop_reason' })
  stop_reason?: string;
}

/** Answer of `POST /v1/chat/completions`. */
export class ChatCompletionObject implements ChatCompletion {
  @ApiProperty({ example: 'chatcmpl-abc123' })
  id!: string;

  @ApiProperty({ enum: ['chat.completion'] })
  object!: 'chat.completion';

  @ApiProperty(UNIX_SECONDS)
  created!: number;

  @ApiProperty(MODEL)
  model!: string;

  @ApiProperty({ type: [ChatChoiceObject] })
  choices!: ChatChoiceObject[];

  @ApiProperty({ type: UsageObject })
  usage!: UsageObject;

  @ApiPropertyOptional({ type: Timings, description: 'Where the time went, when asked for' })
  timings?: Timings;
}

/** Part of a call of a tool: its name first, then its arguments. */
class ToolCallDeltaObject implements OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall {
  @ApiProperty({ type: 'integer' })
  index!: number;

  @ApiPropertyOptional()
  id?: string;

  @ApiPropertyOptional({ enum: ['function'] })
  type?: 'function';

  @ApiPropertyOptional({
    type: 'object',
    properties: { name: { type: 'string' }, arguments: { type: 'string', description: 'Part of the JSON' } },
  })
  function?: { name?: string; arguments?: string };
}

/** What one event adds to the message of an answer. */
class ChatDeltaObject implements ChatDelta {
  @ApiPropertyOptional({ enum: ['assistant'] })
  role?: 'assistant';

  @ApiPropertyOptional({ type: String, nullable: true })
  content?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true })
  refusal?: string | null;

  @ApiPropertyOptional()
  reasoning_content?: string;

  @ApiPropertyOptional({ type: [ToolCallDeltaObject] })
  tool_calls?: ToolCallDeltaObject[];
}

/** Part of one of the answers to a chat. */
class ChatChunkChoiceObject {
  @ApiProperty({ type: 'integer' })
  index!: number;

  @ApiProperty({ type: ChatDeltaObject })
  delta!: ChatDeltaObject;

  @ApiProperty({ type: ChoiceLogprobsObject, nullable: true })
  logprobs!: ChoiceLogprobsObject | null;

  @ApiProperty({ enum: FINISH_REASONS, nullable: true })
  finish_reason!: FinishReason | null;

  @ApiPropertyOptional({ description: 'The stop text that was met, where the runtime tells; see include_stop_reason' })
  stop_reason?: string;
}

/** One event of a streamed chat, until `[DONE]`. */
export class ChatCompletionChunkObject implements ChatCompletionChunk {
  @ApiProperty({ example: 'chatcmpl-abc123' })
  id!: string;

  @ApiProperty({ enum: ['chat.completion.chunk'] })
  object!: 'chat.completion.chunk';

  @ApiProperty(UNIX_SECONDS)
  created!: number;

  @ApiProperty(MODEL)
  model!: string;

  @ApiProperty({ type: [ChatChunkChoiceObject], description: 'Empty in the event with the usage' })
  choices!: ChatChunkChoiceObject[];

  @ApiPropertyOptional({ type: UsageObject, nullable: true, description: 'In the last event, when asked for' })
  usage?: UsageObject | null;

  @ApiPropertyOptional({ type: Timings, description: 'Where the time went, when asked for' })
  timings?: Timings;
}
