import { ApiProperty } from '@nestjs/swagger';
import { invalidRequest } from '../errors/api-error.js';

const TIMES = { example: '2026-01-20T10:30:00.000Z' } as const;
const STATES = ['loading', 'serving', 'idle', 'unloading'] as const;
/** RFC 3339, as all times of ours are written. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** A stretch of time in which a model in memory did one thing. */
export class TimelineSegment {
  @ApiProperty({ type: 'integer', description: 'Counts up since the engine started; a segment keeps it' })
  id!: number;

  @ApiProperty({
    enum: STATES,
    description: '`serving`: at least one request has a slot. Pauses shorter than half a second are not told',
  })
  state!: (typeof STATES)[number];

  @ApiProperty(TIMES)
  from!: string;

  @ApiProperty({ type: String, nullable: true, description: 'null while it goes on', ...TIMES })
  to!: string | null;

  @ApiProperty({ description: 'Memory that the model took, at the end of it' })
  bytes!: number;
}

/** What one model in memory did. */
export class ModelTimeline {
  @ApiProperty({ description: "The runtime's name of it; takes part in all paths of models", example: 'qwen3:30b' })
  model!: string;

  @ApiProperty({ description: 'Id of the runtime that holds it', example: 'ollama' })
  runtime!: string;

  @ApiProperty({
    type: String,
    enum: ['generation', 'embedding', null],
    nullable: true,
    description: 'What this load is for, on runtimes that hold a model once for each purpose; null: for all it can do',
  })
  purpose!: 'generation' | 'embedding' | null;

  @ApiProperty({ example: 'local' })
  pool!: string;

  @ApiProperty({ type: [TimelineSegment], description: 'Oldest first; between two of them it was not in memory' })
  segments!: TimelineSegment[];
}

/** Answer of `GET /status/timeline` on the engine and of `GET /admin/timeline` on the gateway. */
export class EngineTimeline {
  @ApiProperty({ description: 'When this was true', ...TIMES })
  time!: string;

  @ApiProperty({ description: 'When the engine started', ...TIMES })
  startedAt!: string;

  @ApiProperty({ description: 'From when on it is told: half an hour ago, or when the engine started', ...TIMES })
  from!: string;

  @ApiProperty({ type: [ModelTimeline], description: 'Models that were in memory' })
  models!: ModelTimeline[];
}

/** Unix time, ms, of the parameter `since` of an address; undefined without one. Throws a 400 for what is no time. */
export function parseSince(query: Readonly<Record<string, unknown>>): number | undefined {
  const { since } = query;
  if (since === undefined) return undefined;
  const moment = typeof since === 'string' && TIME.test(since) ? Date.parse(since) : Number.NaN;
  if (!Number.isNaN(moment)) return moment;
  throw invalidRequest(`since must be a time such as ${TIMES.example}: that of the answer before.`, { param: 'since' });
}
