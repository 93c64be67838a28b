import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type OpenAI from 'openai';
import { Timings } from '../generation/timings.dto.js';

/** Answer of `POST /v1/embeddings`, in OpenAI's type; base64 texts in place of numbers where asked for. */
export type EmbeddingList = Omit<OpenAI.CreateEmbeddingResponse, 'data'> & {
  data: (Omit<OpenAI.Embedding, 'embedding'> & { embedding: number[] | string })[];
  timings?: Timings;
};

/** One vector. */
class EmbeddingObject {
  @ApiProperty({ enum: ['embedding'] })
  object!: 'embedding';

  @ApiProperty({ type: 'integer', description: 'Place of the input' })
  index!: number;

  @ApiProperty({
    oneOf: [
      { type: 'array', items: { type: 'number' } },
      { type: 'string', format: 'byte', description: '32-bit floats, little-endian, in base64' },
    ],
  })
  embedding!: number[] | string;
}

/** Tokens of all inputs. */
class EmbeddingUsageObject implements OpenAI.CreateEmbeddingResponse.Usage {
  @ApiProperty({ type: 'integer' })
  prompt_tokens!: number;

  @ApiProperty({ type: 'integer' })
  total_tokens!: number;
}

/** Answer of `POST /v1/embeddings`; see {@link EmbeddingList}. */
export class EmbeddingListObject implements EmbeddingList {
  @ApiProperty({ enum: ['list'] })
  object!: 'list';

  @ApiProperty({ type: [EmbeddingObject] })
  data!: EmbeddingObject[];

  @ApiProperty({ description: 'The name asked for, or the model that answered when a fallback did' })
  model!: string;

  @ApiProperty({ type: EmbeddingUsageObject })
  usage!: EmbeddingUsageObject;

  @ApiPropertyOptional({ type: Timings })
  timings?: Timings;
}
