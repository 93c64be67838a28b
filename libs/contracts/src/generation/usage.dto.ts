import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type OpenAI from 'openai';

/** Tokens of one request, counted by the runtime's own tokenizer. */
export class UsageObject implements OpenAI.CompletionUsage {
  @ApiProperty({ type: 'integer' })
  prompt_tokens!: number;

  @ApiProperty({ type: 'integer' })
  completion_tokens!: number;

  @ApiProperty({ type: 'integer' })
  total_tokens!: number;

  @ApiPropertyOptional({
    type: 'object',
    properties: { cached_tokens: { type: 'integer', description: 'Of the prompt, where the runtime tells' } },
  })
  prompt_tokens_details?: { cached_tokens?: number };
}
