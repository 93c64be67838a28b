import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { DependencyStatus, HealthStatus } from '@local-llm-agent/contracts';

/** Answer of `GET /health`: the fields of the Agent API and of the LocalModels API in one. */
export class HealthReport {
  @ApiProperty({ enum: ['healthy', 'degraded', 'unhealthy'] })
  status!: HealthStatus;

  @ApiProperty({ example: '2026-01-20T10:30:00.000Z' })
  timestamp!: string;

  @ApiProperty({ example: '0.1.0' })
  version!: string;

  @ApiProperty({
    description: 'State of the engine and of each runtime: up, down or not_used',
    example: { inference_engine: 'up', ollama: 'up' },
    type: 'object',
    additionalProperties: { type: 'string' },
  })
  dependencies!: Record<string, DependencyStatus>;

  @ApiPropertyOptional({ description: 'What is wrong and what to do' })
  detail?: string;

  @ApiProperty({ enum: ['up', 'down', 'not_used'] })
  ollama_service!: DependencyStatus;

  @ApiProperty({ example: 'gpt-oss:20b' })
  default_model!: string;

  @ApiProperty({ type: [String], example: ['gpt-oss:20b'] })
  available_models!: string[];

  @ApiProperty({ description: 'The OpenAI endpoint is on' })
  litellm_enabled!: true;
}
