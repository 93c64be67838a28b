import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ErrorObject, type DependencyStatus, type HealthStatus } from '@local-llm-agent/contracts';

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

/** Body of an error of `GET /health`, which LocalModels' clients ask as well: they read `detail`. */
export class HealthErrorObject extends ErrorObject {
  @ApiProperty()
  detail!: string;
}

/** What one check found. */
export class ProbeCheck {
  @ApiProperty({ enum: ['up', 'down'] })
  status!: 'up' | 'down';

  @ApiPropertyOptional({ description: 'What is wrong and what to do' })
  detail?: string;
}

const CHECKS = { type: 'object', additionalProperties: { $ref: '#/components/schemas/ProbeCheck' } } as const;

/** Answer of the probes: checks by name. */
export class ProbeReport {
  @ApiProperty({ enum: ['ok', 'error', 'shutting_down'] })
  status!: string;

  @ApiProperty({ ...CHECKS, description: 'Checks that are well', example: { inference_engine: { status: 'up' } } })
  info!: Record<string, ProbeCheck>;

  @ApiProperty({ ...CHECKS, description: 'Checks that failed, and what to do', example: {} })
  error!: Record<string, ProbeCheck>;

  @ApiProperty({ ...CHECKS, description: 'All checks', example: { inference_engine: { status: 'up' } } })
  details!: Record<string, ProbeCheck>;
}
