import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { invalidRequest } from '../errors/api-error.js';
import { LONGEST_MODEL_NAME } from '../ollama/model-name.policy.js';
import { parseJsonObject, validateObject } from '../validation/body.parse.js';
import { OptionalBoolean, OptionalText } from '../validation/parameter.decorators.js';

const LONGEST_RUNTIME = 200;

/** Body of `POST /admin/pulls`: a model to fetch. */
export class PullOrder {
  @ApiProperty({ description: 'Name of the model in its registry', example: 'qwen3:8b', maxLength: LONGEST_MODEL_NAME })
  model!: string;

  @OptionalBoolean({ default: false, description: 'A registry without TLS' })
  insecure?: boolean | null;

  @OptionalText({
    most: LONGEST_RUNTIME,
    description: 'Id of the runtime that gets it; the first that answers and has a registry without it',
  })
  runtime?: string | null;
}

/** The bytes of an order as its DTO. Throws `invalid_request` that names the bad parameter. */
export function parsePullOrder(bytes: Buffer): PullOrder {
  const order = validateObject(PullOrder, parseJsonObject(bytes));
  if (typeof order.model === 'string' && order.model !== '' && order.model.length <= LONGEST_MODEL_NAME) return order;
  throw invalidRequest('model must be the name of a model.', { param: 'model' });
}

/** A file of a model that is fetched. Bytes. */
export class PullLayer {
  @ApiProperty({ example: 'sha256:f7eb60be3c41' })
  digest!: string;

  @ApiProperty()
  totalBytes!: number;

  @ApiProperty()
  completedBytes!: number;
}

/** What a pull is about. */
export type PullStep = 'starting' | 'manifest' | 'fetching' | 'checking' | 'writing' | 'done';

/** A pull that is under way, or ended within the last hour. */
export class PullStatus {
  @ApiProperty({ description: 'For DELETE /admin/pulls/{id}' })
  id!: string;

  @ApiProperty({ example: 'qwen3:8b' })
  model!: string;

  @ApiProperty({ description: 'Id of the runtime that gets it', example: 'ollama' })
  runtime!: string;

  @ApiProperty({ description: 'From a registry without TLS' })
  insecure!: boolean;

  @ApiProperty({ enum: ['running', 'done', 'failed', 'cancelled'] })
  state!: 'running' | 'done' | 'failed' | 'cancelled';

  @ApiProperty({ enum: ['starting', 'manifest', 'fetching', 'checking', 'writing', 'done'] })
  step!: PullStep;

  @ApiProperty({ type: [PullLayer], description: 'The files that are known so far' })
  layers!: PullLayer[];

  @ApiProperty({ type: Number, nullable: true, description: 'Over the last seconds; null while too little is known' })
  bytesPerSecond!: number | null;

  @ApiProperty({ example: '2026-01-20T10:30:00.000Z' })
  startedAt!: string;

  @ApiProperty({ type: String, nullable: true, example: '2026-01-20T10:40:00.000Z' })
  endedAt!: string | null;

  @ApiPropertyOptional({ description: 'Why it failed, and what to do' })
  error?: string;
}

/** Answer of `GET /admin/pulls`. */
export class PullList {
  @ApiProperty({ type: [PullStatus], description: 'In the order in which they began' })
  pulls!: PullStatus[];
}
