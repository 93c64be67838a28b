import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { OllamaToolCall } from '@local-llm-agent/contracts';
import type { AnswerMetrics, OllamaLogprob } from './ollama.types.js';

const DURATION = { type: 'integer', description: 'Nanoseconds; at the end of an answer' } as const;
const COUNT = { type: 'integer', description: 'Tokens; at the end of an answer' } as const;
const BYTES = { type: 'array', items: { type: 'integer' }, description: 'Its bytes in UTF-8' } as const;

/** Body of every error of the Ollama API, and the last line of a stream that broke. */
export class OllamaErrorObject {
  @ApiProperty({
    description: 'Says what to do next',
    example: "model 'gemma3' not found. No runtime has it. GET /v1/models lists those there are.",
  })
  error!: string;
}

/** A token that the model might have written in a place, and how likely it was. */
class OllamaTokenObject {
  @ApiProperty()
  token!: string;

  @ApiProperty()
  logprob!: number;

  @ApiProperty(BYTES)
  bytes!: number[];
}

/** A token that the model wrote, and how likely it was. */
class OllamaLogprobObject extends OllamaTokenObject implements OllamaLogprob {
  @ApiPropertyOptional({ type: [OllamaTokenObject] })
  top_logprobs?: OllamaTokenObject[];
}

/** The function that a model calls. */
class OllamaCalledFunction {
  @ApiPropertyOptional({ type: 'integer', description: 'Its place among the calls of the answer' })
  index?: number;

  @ApiProperty()
  name!: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  arguments!: Record<string, unknown>;
}

/** A call of a function by the model. */
export class OllamaToolCallObject implements OllamaToolCall {
  @ApiPropertyOptional()
  id?: string;

  @ApiProperty({ type: OllamaCalledFunction })
  function!: OllamaCalledFunction;
}

/** What the model says in a chat. */
export class OllamaAnswerMessage {
  @ApiProperty({ enum: ['assistant'] })
  role!: 'assistant';

  @ApiProperty()
  content!: string;

  @ApiPropertyOptional({ description: 'What it thought' })
  thinking?: string;

  @ApiPropertyOptional({ type: [OllamaToolCallObject] })
  tool_calls?: OllamaToolCallObject[];
}

/** What an answer, and each line of a streamed one, has. */
class OllamaAnswer implements Partial<AnswerMetrics> {
  @ApiProperty({ example: 'gemma3' })
  model!: string;

  @ApiProperty({ format: 'date-time', example: '2026-01-20T10:30:00.000Z' })
  created_at!: string;

  @ApiProperty({ description: 'Whether this is the end of the answer' })
  done!: boolean;

  @ApiPropertyOptional({
    enum: ['stop', 'length', 'load', 'unload'],
    description: 'Why it ended; `load` and `unload`: nothing was asked but that',
  })
  done_reason?: string;

  @ApiPropertyOptional({ type: [OllamaLogprobObject] })
  logprobs?: OllamaLogprobObject[];

  @ApiPropertyOptional(DURATION)
  total_duration?: number;

  @ApiPropertyOptional(DURATION)
  load_duration?: number;

  @ApiPropertyOptional(COUNT)
  prompt_eval_count?: number;

  @ApiPropertyOptional(DURATION)
  prompt_eval_duration?: number;

  @ApiPropertyOptional(COUNT)
  eval_count?: number;

  @ApiPropertyOptional(DURATION)
  eval_duration?: number;
}

/** Answer of `POST /api/chat`, whole or a line of it. */
export class OllamaChatAnswer extends OllamaAnswer {
  @ApiProperty({ type: OllamaAnswerMessage })
  message!: OllamaAnswerMessage;
}

/** Answer of `POST /api/generate`, whole or a line of it. */
export class OllamaGenerateAnswer extends OllamaAnswer {
  @ApiProperty()
  response!: string;

  @ApiPropertyOptional({ description: 'What it thought' })
  thinking?: string;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'integer' },
    description: 'To be sent with the next prompt; at the end of an answer',
  })
  context?: number[];
}

/** Answer of `POST /api/embed`. */
export class OllamaEmbedAnswer {
  @ApiProperty({ example: 'gemma3' })
  model!: string;

  @ApiProperty({ type: 'array', items: { type: 'array', items: { type: 'number' } }, description: 'One for each text' })
  embeddings!: number[][];

  @ApiPropertyOptional({ type: 'integer', description: 'Nanoseconds' })
  total_duration?: number;

  @ApiPropertyOptional({ type: 'integer', description: 'Nanoseconds' })
  load_duration?: number;

  @ApiPropertyOptional({ type: 'integer', description: 'Tokens of all texts' })
  prompt_eval_count?: number;
}

/** Answer of `POST /api/embeddings`. */
export class OllamaEmbeddingsAnswer {
  @ApiProperty({ type: 'array', items: { type: 'number' }, description: 'Empty where there was no prompt' })
  embedding!: number[];
}
