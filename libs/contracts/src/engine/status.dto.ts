import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Tier } from './engine-api.js';

const TIMES = { example: '2026-01-20T10:30:00.000Z' } as const;

/** A runtime, and whether it answers. */
export class RuntimeStatus {
  @ApiProperty({ description: 'Names this one of all runtimes and hosts', example: 'ollama' })
  id!: string;

  @ApiProperty({ enum: ['ollama', 'embedded', 'openai'] })
  kind!: string;

  @ApiProperty({ description: 'The memory that its models live in', example: 'local' })
  pool!: string;

  @ApiProperty({ enum: ['up', 'down'] })
  status!: 'up' | 'down';

  @ApiProperty({ type: String, nullable: true, description: 'What is wrong and what to do' })
  detail!: string | null;
}

/** A model that somebody loaded into a runtime without the engine; it goes when its memory is needed. */
export class StrangerStatus {
  @ApiProperty({ example: 'gemma3' })
  model!: string;

  @ApiProperty({ example: 'ollama' })
  runtime!: string;

  @ApiProperty()
  bytes!: number;
}

/** Memory that models compete for: that of this machine, or of a remote host. Bytes. */
export class PoolStatus {
  @ApiProperty({ description: '`local` is the machine of the engine', example: 'local' })
  id!: string;

  @ApiProperty({ type: Number, nullable: true, description: 'Set by MEMORY_BUDGET; null where memory is measured' })
  budgetBytes!: number | null;

  @ApiProperty({ description: 'Left free beside the models (MEMORY_RESERVE), where memory is measured' })
  reserveBytes!: number;

  @ApiProperty({ description: 'Taken by the residents' })
  residentBytes!: number;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Could be given to another model now, with all residents in place; null where nothing is known of it',
  })
  availableBytes!: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'All that models could have together: residents and available; null where nothing is known of it',
  })
  totalBytes!: number | null;

  @ApiProperty({
    type: [StrangerStatus],
    description: 'Models that somebody loaded into a runtime without the engine; their memory counts as available',
  })
  strangers!: StrangerStatus[];
}

/** A model that is in memory, on its way there, or on its way out. */
export class ResidentStatus {
  @ApiProperty({ description: "The runtime's name of it; takes part in all paths of models", example: 'qwen3:30b' })
  model!: string;

  @ApiProperty({ description: 'Id of the runtime that holds it', example: 'ollama' })
  runtime!: string;

  @ApiProperty({ example: 'local' })
  pool!: string;

  @ApiProperty({
    type: String,
    enum: ['generation', 'embedding', null],
    nullable: true,
    description: 'What this load is for, on runtimes that hold a model once for each purpose; null: for all it can do',
  })
  purpose!: 'generation' | 'embedding' | null;

  @ApiProperty({ enum: ['loading', 'ready', 'unloading'] })
  phase!: 'loading' | 'ready' | 'unloading';

  @ApiProperty({ description: 'When this phase began', ...TIMES })
  since!: string;

  @ApiProperty({ description: 'Memory it takes: measured, or the need it was loaded for' })
  bytes!: number;

  @ApiProperty({ description: 'Tokens of context of each slot' })
  contextLength!: number;

  @ApiProperty({ description: 'Requests that it answers at the same time' })
  slots!: number;

  @ApiProperty()
  slotsInUse!: number;

  @ApiProperty({ description: 'Requests that wait for it' })
  waiting!: number;

  @ApiProperty({ description: 'Never leaves memory to make room' })
  pinned!: boolean;

  @ApiProperty({ type: String, nullable: true, description: 'When it was used last; null while it works', ...TIMES })
  idleSince!: string | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Idle seconds after which it leaves; null: when needed' })
  ttlSeconds!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'How long its load usually takes; null: not measured yet' })
  loadMs!: number | null;
}

/** What waits in one tier. */
export class TierQueueStatus {
  @ApiProperty({ enum: ['small', 'main'] })
  tier!: Tier;

  @ApiProperty({ description: 'Requests that wait' })
  waiting!: number;

  @ApiProperty({ description: 'Requests that may wait; more are refused' })
  limit!: number;

  @ApiProperty({ description: 'How long the first of them has waited' })
  oldestWaitMs!: number;

  @ApiProperty({ description: 'A request that waits longer for another model makes the models change' })
  maxWaitMs!: number;
}

/** What waits for one model in one tier. */
export class ModelQueueStatus {
  @ApiProperty({ example: 'qwen3:30b' })
  model!: string;

  @ApiProperty({ example: 'ollama' })
  runtime!: string;

  @ApiProperty({ enum: ['small', 'main'] })
  tier!: Tier;

  @ApiProperty({ description: 'Requests that wait' })
  waiting!: number;

  @ApiProperty({ description: 'Different callers among them' })
  callers!: number;

  @ApiProperty({ description: 'How long the first of them has waited' })
  oldestWaitMs!: number;
}

/** The requests that wait for a slot of a model. */
export class QueueStatus {
  @ApiProperty({ type: [TierQueueStatus] })
  tiers!: TierQueueStatus[];

  @ApiProperty({ type: [ModelQueueStatus], description: 'Those in which something waits, the oldest first' })
  models!: ModelQueueStatus[];
}

/** A load or unload that is under way. */
export class ChangeStatus {
  @ApiProperty({ enum: ['load', 'unload'] })
  what!: 'load' | 'unload';

  @ApiProperty({ example: 'qwen3:30b' })
  model!: string;

  @ApiProperty({ example: 'ollama' })
  runtime!: string;

  @ApiProperty({ example: 'local' })
  pool!: string;

  @ApiProperty(TIMES)
  startedAt!: string;

  @ApiProperty()
  elapsedMs!: number;

  @ApiProperty({ type: Number, nullable: true, description: 'All it will probably take; null for an unload' })
  expectedMs!: number | null;
}

/** Why the scheduler decided something. */
export type DecisionCode =
  | 'requests'
  | 'overdue'
  | 'idle'
  | 'unwanted'
  | 'memory_pressure'
  | 'adapter'
  | 'too_large'
  | 'pinned'
  | 'queue_full'
  | 'failed';

const CODES: readonly DecisionCode[] = [
  'requests',
  'overdue',
  'idle',
  'unwanted',
  'memory_pressure',
  'adapter',
  'too_large',
  'pinned',
  'queue_full',
  'failed',
];

/** Why the scheduler decided something, as a code with its figures, to be said in any language. */
export class DecisionCause {
  @ApiProperty({
    enum: CODES,
    description:
      'requests: so many wait for `models`; overdue: one of `tier` waited longer than its bound; idle: nobody used it; unwanted: somebody wanted it out; memory_pressure: too little is free; adapter: room for an adapter of `models`; too_large: it does not fit; pinned: `models` are in the way; queue_full: so many of `tier` wait; failed: see the reason',
  })
  code!: DecisionCode;

  @ApiPropertyOptional({
    enum: ['makes_room', 'larger_context'],
    description: 'makes_room: it left for others; larger_context: it left to come back with `contextLength`',
  })
  way?: 'makes_room' | 'larger_context';

  @ApiPropertyOptional({ type: [String], description: 'The models it is about' })
  models?: string[];

  @ApiPropertyOptional({ description: 'Requests' })
  count?: number;

  @ApiPropertyOptional({ enum: ['small', 'main'] })
  tier?: Tier;

  @ApiPropertyOptional()
  waitedMs?: number;

  @ApiPropertyOptional({ description: 'The bound of its tier' })
  boundMs?: number;

  @ApiPropertyOptional()
  idleMs?: number;

  @ApiPropertyOptional({ description: 'Tokens' })
  contextLength?: number;

  @ApiPropertyOptional({ description: 'Missing of what must be left free' })
  shortBytes?: number;

  @ApiPropertyOptional()
  needBytes?: number;

  @ApiPropertyOptional()
  totalBytes?: number;
}

/** What the scheduler decided, and why. */
export class DecisionStatus {
  @ApiProperty(TIMES)
  time!: string;

  @ApiProperty({ enum: ['load', 'unload', 'refuse'] })
  what!: 'load' | 'unload' | 'refuse';

  @ApiProperty({ example: 'qwen3:30b' })
  model!: string;

  @ApiProperty({ example: 'ollama' })
  runtime!: string;

  @ApiProperty({ description: 'How often the same was decided in a row; the time is that of the last' })
  count!: number;

  @ApiProperty({ description: 'In words', example: '3 requests wait for it and it fits beside the others' })
  reason!: string;

  @ApiProperty({ type: DecisionCause, description: 'The same as a code with its figures' })
  cause!: DecisionCause;
}

/** Answer of `GET /status` on the engine and of `GET /admin/residency` on the gateway: what is going on, and why. */
export class EngineStatus {
  @ApiProperty({ description: 'When this was true', ...TIMES })
  time!: string;

  @ApiProperty({ description: 'When the engine started: nothing here is older', ...TIMES })
  startedAt!: string;

  @ApiProperty({ description: 'Requests in the engine: those that wait, and those that are answered' })
  running!: number;

  @ApiProperty({ type: [RuntimeStatus] })
  runtimes!: RuntimeStatus[];

  @ApiProperty({ type: [PoolStatus] })
  pools!: PoolStatus[];

  @ApiProperty({ type: [ResidentStatus] })
  residents!: ResidentStatus[];

  @ApiProperty({ type: QueueStatus })
  queue!: QueueStatus;

  @ApiProperty({ type: [ChangeStatus], description: 'Loads and unloads under way' })
  changes!: ChangeStatus[];

  @ApiProperty({ type: [DecisionStatus], description: 'The last hundred, the newest first' })
  decisions!: DecisionStatus[];
}
