import { ApiProperty } from '@nestjs/swagger';

const TIMES = { example: '2026-01-20T10:30:00.000Z' } as const;
const COUNT = { type: 'integer' } as const;
const TIME = { type: Number, nullable: true } as const;

/** How long something took, of the requests that know it. Milliseconds, to within a tenth. */
export class TimePercentiles {
  @ApiProperty({ ...COUNT, description: 'Requests that know it' })
  count!: number;

  @ApiProperty({ ...TIME, description: 'Half of them took no longer; null where there are none' })
  p50!: number | null;

  @ApiProperty({ ...TIME, description: '95 of 100 of them took no longer' })
  p95!: number | null;
}

/** Requests that ended in a stretch of time, and what came of them. */
export class ActivitySums {
  @ApiProperty({ ...COUNT, description: 'The sum of the five below' })
  requests!: number;

  @ApiProperty({ ...COUNT, description: 'Answered' })
  ok!: number;

  @ApiProperty({ ...COUNT, description: 'The client was wrong: a status of 4xx other than 429' })
  refused!: number;

  @ApiProperty({ ...COUNT, description: 'Limits or full queues: 429' })
  limited!: number;

  @ApiProperty({ ...COUNT, description: 'The system was wrong: 5xx, or a stream that broke off with such an error' })
  failed!: number;

  @ApiProperty({ ...COUNT, description: 'The client left before all of the answer was there' })
  clientLeft!: number;

  @ApiProperty(COUNT)
  promptTokens!: number;

  @ApiProperty(COUNT)
  completionTokens!: number;

  @ApiProperty({ type: TimePercentiles, description: 'Until the first token, of streams' })
  firstTokenMs!: TimePercentiles;

  @ApiProperty({ type: TimePercentiles, description: 'Waiting for a slot of the model, its loading included' })
  queueMs!: TimePercentiles;
}

/** A step of the activity. */
export class ActivityBucket extends ActivitySums {
  @ApiProperty({ description: 'When it began', ...TIMES })
  from!: string;
}

/** Answer of `GET /admin/activity`: what this process of the gateway did. */
export class GatewayActivity {
  @ApiProperty({ description: 'When this was true', ...TIMES })
  time!: string;

  @ApiProperty({
    description: 'When this process began to count; another one is another replica, or a restart',
    ...TIMES,
  })
  startedAt!: string;

  @ApiProperty({ ...COUNT, description: 'The window that is told of ends now and is so long' })
  windowSeconds!: number;

  @ApiProperty({ ...COUNT, description: 'Length of each bucket' })
  stepSeconds!: number;

  @ApiProperty({ type: ActivitySums, description: 'Of the whole window, whatever `since` says' })
  totals!: ActivitySums;

  @ApiProperty({ type: [ActivityBucket], description: 'Oldest first, without gaps; the last one goes on' })
  buckets!: ActivityBucket[];
}
