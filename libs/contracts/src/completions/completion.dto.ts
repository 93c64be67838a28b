import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type OpenAI from 'openai';
import { Timings } from '../generation/timings.dto.js';
import { UsageObject } from '../generation/usage.dto.js';

/** How likely the tokens of a completion were; place by place in each list. */
export class CompletionLogprobsObject implements OpenAI.CompletionChoice.Logprobs {
  @ApiProperty({ type: [String] })
  tokens!: string[];

  @ApiProperty({ type: [Number] })
  token_logprobs!: number[];

  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: { type: 'number' } } })
  top_logprobs!: Record<string, number>[];

  @ApiProperty({ type: 'array', items: { type: 'integer' }, description: 'Where each token begins in the text' })
  text_offset!: number[];
}

/** One of the answers of a completion. */
class CompletionChoiceObject {
  @ApiProperty({ type: 'integer', description: 'The answers to the first prompt come first' })
  index!: number;

  @ApiProperty()
  text!: string;

  @ApiProperty({ type: CompletionLogprobsObject, nullable: true })
  logprobs!: CompletionLogprobsObject | null;

  @ApiProperty({ enum: ['stop', 'length'], nullable: true, description: 'Null in all events of a stream but the last' })
  finish_reason!: 'stop' | 'length' | null;
}

/** Answer of `POST /v1/completions`, and each event of its stream. */
export class CompletionObject {
  @ApiProperty({ example: 'cmpl-abc123' })
  id!: string;

  @ApiProperty({ enum: ['text_completion'] })
  object!: 'text_completion';

  @ApiProperty({ type: 'integer', description: 'Unix seconds', example: 1_706_000_000 })
  created!: number;

  @ApiProperty({ description: 'The name asked for, or the model that answered when a fallback did' })
  model!: string;

  @ApiProperty({ type: [CompletionChoiceObject] })
  choices!: CompletionChoiceObject[];

  @ApiPropertyOptional({ type: UsageObject, nullable: true })
  usage?: UsageObject | null;

  @ApiPropertyOptional({ type: Timings, description: 'Where the time went, when asked for' })
  timings?: Timings;
}

/** OpenAI's type of a plain answer has no nulls; those of a stream are not in it. */
type Plain = Omit<CompletionObject, 'choices' | 'usage'> & {
  choices: (CompletionChoiceObject & { finish_reason: 'stop' | 'length' })[];
  usage: UsageObject;
};

/** Does not compile once a plain answer is not OpenAI's any more. */
export type Completion = Plain extends OpenAI.Completion ? Plain : never;
