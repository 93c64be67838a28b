import { ApiProperty } from '@nestjs/swagger';
import type OpenAI from 'openai';

/** One entry of `GET /v1/models` (https://platform.openai.com/docs/api-reference/models/object). */
export class ModelObject implements OpenAI.Model {
  @ApiProperty({ example: 'gpt-oss-20b' })
  id!: string;

  @ApiProperty({ enum: ['model'] })
  object!: 'model';

  @ApiProperty({ description: 'Unix seconds', example: 1706000000 })
  created!: number;

  @ApiProperty({ description: 'The runtime that serves the model', example: 'ollama' })
  owned_by!: string;
}

/** Answer of `GET /v1/models`. */
export class ModelList {
  @ApiProperty({ enum: ['list'] })
  object!: 'list';

  @ApiProperty({ type: [ModelObject] })
  data!: ModelObject[];
}
