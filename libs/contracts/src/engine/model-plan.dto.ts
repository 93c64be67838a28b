import { ApiProperty } from '@nestjs/swagger';
import type { Tier } from './engine-api.js';

/** A model of the catalog or of a runtime: what it would take to have it in memory. */
export class ModelPlan {
  @ApiProperty({ description: 'Id in the catalog, or the name under which it is installed', example: 'qwen3:30b' })
  id!: string;

  @ApiProperty({ type: [String], description: 'Other names of it in the catalog' })
  aliases!: string[];

  @ApiProperty({ type: [String], description: 'Models of the catalog that are an adapter over it' })
  adapters!: string[];

  @ApiProperty({ type: String, nullable: true })
  description!: string | null;

  @ApiProperty({ enum: ['small', 'main'] })
  tier!: Tier;

  @ApiProperty({ type: [String], description: 'Ids of the runtimes that have it; empty where it is not installed' })
  runtimes!: string[];

  @ApiProperty({ type: String, nullable: true, description: 'The runtime, and below its memory, that is told of here' })
  runtime!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Name under which it is installed, as in GET /api/tags; null where it is not',
  })
  installedAs!: string | null;

  @ApiProperty({
    type: [String],
    description: 'What it can do, in the words of POST /api/show; empty where it is not known',
    example: ['completion', 'tools'],
  })
  capabilities!: string[];

  @ApiProperty({ type: String, nullable: true })
  pool!: string | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Tokens of context of each slot' })
  contextLength!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Requests that it answers at the same time' })
  slots!: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Bytes of memory it takes; null where it is not known' })
  needBytes!: number | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Milliseconds its load usually takes; null: not measured yet',
  })
  loadMs!: number | null;

  @ApiProperty({ enum: ['absent', 'loading', 'ready', 'unloading'] })
  state!: 'absent' | 'loading' | 'ready' | 'unloading';

  @ApiProperty({ description: 'Loaded at start, by the catalog' })
  preload!: boolean;

  @ApiProperty({ description: 'Never leaves memory once it is there' })
  pinned!: boolean;

  @ApiProperty({ type: Number, nullable: true, description: 'Idle seconds after which it leaves; null: when needed' })
  ttlSeconds!: number | null;

  @ApiProperty({
    type: String,
    enum: ['fits', 'makes_room', 'too_large', null],
    nullable: true,
    description:
      'Whether it is in memory or fits beside what is, fits once others have left, or does not fit at all; null where it is not known',
  })
  fit!: 'fits' | 'makes_room' | 'too_large' | null;

  @ApiProperty({ type: [String], description: 'Models that would leave for it now' })
  leaves!: string[];
}

/** Answer of `GET /models/plans` on the engine and of `GET /admin/models` on the gateway. */
export class ModelPlans {
  @ApiProperty({ type: [ModelPlan], description: 'Those of the catalog first' })
  models!: ModelPlan[];
}
