import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { TIERS, type Tier } from '../engine/engine-api.js';
import { ERROR_CODES, type ErrorCode } from '../errors/error-codes.js';
import { USAGE_GROUPS, type UsageGroup } from './usage-query.policy.js';

/** How a request ended: well, with an error, or by the client that left before all of the answer was there. */
export type UsageOutcome = 'ok' | 'client_left' | ErrorCode;

const KEY = { type: String, description: 'Id of a key, or the address of who came without one', example: 'k3f9q7m2xa' };
const KEY_NAME = {
  type: String,
  nullable: true,
  description: 'What people call the key; null for an address, and for a key that was forgotten',
  example: 'ada-laptop',
};
const MODEL = {
  type: String,
  nullable: true,
  description: 'Id of the model that answered, or that was asked for; null where none is known',
  example: 'gemma3',
};
const TIER = { enum: TIERS, nullable: true, description: 'null where none was decided' };
const ENDPOINT = { type: String, example: '/v1/chat/completions' };
const RECORDING = { description: 'Whether requests are recorded now: false with USAGE=off' };
const COUNT = { type: 'integer' } as const;
const MEAN = { type: Number, nullable: true } as const;

/** Sums of requests that are over. Times are milliseconds, on average. */
export class UsageSums {
  @ApiProperty(COUNT)
  requests!: number;

  @ApiProperty({ ...COUNT, description: 'Ended with an error' })
  failed!: number;

  @ApiProperty({ ...COUNT, description: 'Of clients that left before all of the answer was there' })
  clientLeft!: number;

  @ApiProperty({
    ...COUNT,
    description: 'Answered from the response cache, or by the run of another request: nothing was computed for them',
  })
  cached!: number;

  @ApiProperty(COUNT)
  promptTokens!: number;

  @ApiProperty(COUNT)
  completionTokens!: number;

  @ApiProperty(COUNT)
  totalTokens!: number;

  @ApiProperty({ ...MEAN, description: 'Waiting for a slot of the model, its loading included' })
  meanQueueMs!: number | null;

  @ApiProperty({ ...MEAN, description: 'Until the first token, of streams' })
  meanFirstTokenMs!: number | null;

  @ApiProperty({ ...MEAN, description: 'From the arrival to the end of the answer' })
  meanDurationMs!: number | null;
}

/** Usage of what all of its groups have in common; only those that were asked for are there. */
export class UsageRow extends UsageSums {
  @ApiPropertyOptional({ type: String, format: 'date', description: 'UTC', example: '2026-01-20' })
  day?: string;

  @ApiPropertyOptional(KEY)
  key?: string;

  @ApiPropertyOptional(KEY_NAME)
  keyName?: string | null;

  @ApiPropertyOptional(MODEL)
  model?: string | null;

  @ApiPropertyOptional(TIER)
  tier?: Tier | null;

  @ApiPropertyOptional(ENDPOINT)
  endpoint?: string;
}

/** Answer of `GET /admin/usage`. */
export class UsageReport {
  @ApiProperty(RECORDING)
  recording!: boolean;

  @ApiProperty({ type: String, format: 'date' })
  from!: string;

  @ApiProperty({ type: String, format: 'date' })
  to!: string;

  @ApiProperty({ enum: USAGE_GROUPS, isArray: true })
  groupBy!: UsageGroup[];

  @ApiProperty({ type: [UsageRow], description: 'In the order of their groups' })
  data!: UsageRow[];

  @ApiProperty({ type: UsageSums })
  total!: UsageSums;
}

/** A request that is over: who, what, how much and how long. Never what was asked or answered. */
export class RecordedRequest {
  @ApiProperty({ description: 'Of the record', example: 'p3Zk0cWb1xYt-17-0' })
  id!: string;

  @ApiProperty({ description: 'X-Request-ID, for the logs' })
  requestId!: string;

  @ApiProperty({ type: String, format: 'date-time', example: '2026-01-20T10:30:00.000Z' })
  endedAt!: string;

  @ApiProperty(KEY)
  key!: string;

  @ApiProperty(KEY_NAME)
  keyName!: string | null;

  @ApiProperty(MODEL)
  model!: string | null;

  @ApiProperty(TIER)
  tier!: Tier | null;

  @ApiProperty(ENDPOINT)
  endpoint!: string;

  @ApiProperty({ description: 'Whether a stream was asked for' })
  streamed!: boolean;

  @ApiProperty({ ...COUNT, description: 'HTTP status; 499 for a client that left before there was one' })
  status!: number;

  @ApiProperty({ enum: ['ok', 'client_left', ...Object.keys(ERROR_CODES)] })
  outcome!: UsageOutcome;

  @ApiProperty(COUNT)
  promptTokens!: number;

  @ApiProperty(COUNT)
  completionTokens!: number;

  @ApiProperty({ description: 'Whether the tokens are estimated, because the answer broke off' })
  estimated!: boolean;

  @ApiProperty({
    description:
      'Whether the answer came from the response cache, or from the run of another request; its tokens are 0',
  })
  cached!: boolean;

  @ApiProperty({ ...MEAN, type: 'integer', description: 'Waiting for a slot of the model, its loading included' })
  queueMs!: number | null;

  @ApiProperty({ ...MEAN, type: 'integer', description: 'Until the first token; null for a plain answer' })
  firstTokenMs!: number | null;

  @ApiProperty({ ...COUNT, description: 'From the arrival to the end of the answer' })
  durationMs!: number;
}

/** Answer of `GET /admin/requests`. */
export class RecordedRequests {
  @ApiProperty(RECORDING)
  recording!: boolean;

  @ApiProperty({ type: [RecordedRequest], description: 'The last one first' })
  data!: RecordedRequest[];
}
