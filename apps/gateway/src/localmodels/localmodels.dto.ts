import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ErrorObject, UsageObject, type ModelDetails, type TaggedModel } from '@local-llm-agent/contracts';

/** A model as `GET /` names it. */
export class LocalModelsEntry {
  @ApiProperty({ example: 'gpt-oss:20b' })
  name!: string;

  @ApiProperty({ example: 'GPT-OSS 20B model' })
  description!: string;

  @ApiProperty({ description: 'The runtime that serves it', example: 'ollama' })
  provider!: string;

  @ApiProperty({ example: 'ollama/gpt-oss:20b' })
  litellm_name!: string;
}

/** Answer of `GET /`. */
export class LocalModelsInfo {
  @ApiProperty()
  message!: string;

  @ApiProperty({ example: 'gpt-oss:20b' })
  default_model!: string;

  @ApiProperty({ type: 'object', additionalProperties: { $ref: '#/components/schemas/LocalModelsEntry' } })
  available_models!: Record<string, LocalModelsEntry>;

  @ApiProperty({ description: 'Where the Ollama API is served: here', example: 'http://localhost:8000' })
  ollama_url!: string;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  endpoints!: Record<string, string>;
}

/** A model as `GET /models` names it. */
export class LocalModelsModel implements TaggedModel {
  @ApiProperty({ example: 'gpt-oss:20b' })
  name!: string;

  @ApiProperty({ example: 'gpt-oss:20b' })
  model!: string;

  @ApiProperty({ example: '2025-09-10T17:15:32.123Z' })
  modified_at!: string;

  @ApiProperty({ description: 'Bytes', type: 'integer' })
  size!: number;

  @ApiProperty({ example: 'sha256-b112e727c6f18875636c56a779790a590d705aec9e1c0eb5a97d51fc2a778583' })
  digest!: string;

  @ApiProperty({
    type: 'object',
    properties: {
      parent_model: { type: 'string' },
      format: { type: 'string', example: 'gguf' },
      family: { type: 'string', example: 'gptoss' },
      families: { type: 'array', items: { type: 'string' } },
      parameter_size: { type: 'string', example: '20.8B' },
      quantization_level: { type: 'string', example: 'Q4_K_M' },
    },
  })
  details!: ModelDetails;
}

/** Answer of `GET /models`. */
export class LocalModelsList {
  @ApiProperty({ type: [LocalModelsModel] })
  models!: LocalModelsModel[];
}

/** Answer of a chat. */
export class LocalModelsAnswerObject {
  @ApiProperty()
  response!: string;

  @ApiProperty({ description: 'The name asked for, or the model that answered when a fallback did' })
  model!: string;

  @ApiProperty({ type: UsageObject })
  usage!: UsageObject;
}

/** A line of a streamed chat. */
export class LocalModelsLine {
  @ApiProperty({ description: 'The next piece of the text' })
  response!: string;

  @ApiProperty({ description: 'The name asked for, or the model that answers when a fallback does' })
  model!: string;

  @ApiPropertyOptional({ enum: [true], description: 'In the last line only' })
  done?: true;

  @ApiPropertyOptional({ type: UsageObject, description: 'In the last line only' })
  usage?: UsageObject;
}

/** Body of an error: what LocalModels' clients read, and ours beside it. */
export class LocalModelsErrorObject extends ErrorObject {
  @ApiProperty({
    example:
      'Error generating response with LiteLLM model devstral: Model requires more system memory (18.4 GiB) than is available (17.0 GiB)',
  })
  detail!: string;
}
