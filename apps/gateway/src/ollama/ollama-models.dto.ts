import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type {
  ManagementProgress,
  ModelDetails,
  RunningModel,
  RunningModels,
  ShownModel,
  TaggedModel,
  TaggedModels,
} from '@local-llm-agent/contracts';

const BYTES = { type: 'integer', description: 'Bytes' } as const;
const TIME = '2026-01-20T10:30:00.000Z';
const DIGEST = {
  description: '64 hexadecimal digits, the same for the same weights; empty where the runtime does not tell',
  example: 'b112e727c6f18875636c56a779790a590d705aec9e1c0eb5a97d51fc2a778583',
} as const;

/** Answer of `GET /api/version`. */
export class OllamaVersion {
  @ApiProperty({ example: '0.24.0' })
  version!: string;
}

/** What a model is made of; what a runtime does not tell is empty. */
export class OllamaModelDetails implements ModelDetails {
  @ApiProperty({ description: 'The model that answers for this name, where that is another one' })
  parent_model!: string;

  @ApiProperty({ example: 'gguf' })
  format!: string;

  @ApiProperty({ example: 'gptoss' })
  family!: string;

  @ApiProperty({ type: [String] })
  families!: string[];

  @ApiProperty({ example: '20.9B' })
  parameter_size!: string;

  @ApiProperty({ example: 'MXFP4' })
  quantization_level!: string;
}

/** What lists tell of a model. */
class OllamaListedModel {
  @ApiProperty({ example: 'gpt-oss:20b' })
  name!: string;

  @ApiProperty({ example: 'gpt-oss:20b' })
  model!: string;

  @ApiProperty(BYTES)
  size!: number;

  @ApiProperty(DIGEST)
  digest!: string;

  @ApiProperty({ type: OllamaModelDetails })
  details!: OllamaModelDetails;
}

/** A model that is installed. */
export class OllamaTaggedModel extends OllamaListedModel implements TaggedModel {
  @ApiProperty({ example: TIME })
  modified_at!: string;
}

/** Answer of `GET /api/tags`. */
export class OllamaTags implements TaggedModels {
  @ApiProperty({ type: [OllamaTaggedModel], description: 'The newest first' })
  models!: OllamaTaggedModel[];
}

/** A model that is in memory. */
export class OllamaRunningModel extends OllamaListedModel implements RunningModel {
  @ApiProperty({
    description: 'When it leaves if nobody asks for it; far away where it stays until its memory is needed',
  })
  expires_at!: string;

  @ApiProperty({ type: 'integer', description: 'Bytes of it on graphics cards' })
  size_vram!: number;

  @ApiProperty({ type: 'integer', description: 'Tokens' })
  context_length!: number;
}

/** Answer of `GET /api/ps`. */
export class OllamaRunning implements RunningModels {
  @ApiProperty({ type: [OllamaRunningModel] })
  models!: OllamaRunningModel[];
}

/** A tensor of a model. */
export class OllamaTensor {
  @ApiProperty({ example: 'output.weight' })
  name!: string;

  @ApiProperty({ example: 'Q6_K' })
  type!: string;

  @ApiProperty({ type: 'array', items: { type: 'integer' } })
  shape!: number[];
}

/** Answer of `POST /api/show`; a runtime may tell more. */
export class OllamaShownModel implements ShownModel {
  @ApiPropertyOptional()
  license?: string;

  @ApiProperty()
  modelfile!: string;

  @ApiPropertyOptional()
  parameters?: string;

  @ApiProperty({ description: 'The chat template' })
  template!: string;

  @ApiProperty({ type: OllamaModelDetails })
  details!: OllamaModelDetails;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'The metadata of the file' })
  model_info!: Record<string, unknown>;

  @ApiPropertyOptional({ type: [OllamaTensor], description: 'With `verbose`' })
  tensors?: OllamaTensor[];

  @ApiProperty({ type: [String], example: ['completion', 'tools', 'thinking'] })
  capabilities!: string[];

  @ApiProperty({ example: TIME })
  modified_at!: string;
}

/** A step of a pull, a push or a creation. */
export class OllamaProgress implements ManagementProgress {
  @ApiProperty({ description: 'What is done; `success` at the end', example: 'pulling manifest' })
  status!: string;

  @ApiPropertyOptional({ description: 'The file that the step is about' })
  digest?: string;

  @ApiPropertyOptional(BYTES)
  total?: number;

  @ApiPropertyOptional(BYTES)
  completed?: number;
}
