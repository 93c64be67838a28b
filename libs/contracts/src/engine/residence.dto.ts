import { ApiProperty } from '@nestjs/swagger';

/** Answer of `POST /models/load` and `POST /models/unload` on the engine, and of `/admin/models/{id}/load` and `unload`. */
export class ModelResidence {
  @ApiProperty({ description: 'The name asked for, or that of the fallback', example: 'qwen3:30b' })
  model!: string;

  @ApiProperty({
    enum: ['loaded', 'unloaded', 'in_use', 'pinned'],
    description:
      '`in_use`: others work with it now; it goes when they have ended, unless it is asked for again. `pinned`: it stays until it is unpinned.',
  })
  state!: 'loaded' | 'unloaded' | 'in_use' | 'pinned';

  @ApiProperty({ description: 'Milliseconds it took' })
  ms!: number;
}

/** Answer of `POST /models/pin` and `POST /models/unpin` on the engine, and of `/admin/models/{id}/pin` and `unpin`. */
export class ModelPin {
  @ApiProperty({ description: 'The name asked for, or that of the fallback', example: 'qwen3:30b' })
  model!: string;

  @ApiProperty({ description: 'Whether it stays in memory from now on, once it is there' })
  pinned!: boolean;

  @ApiProperty({ description: 'Whether it is in memory now' })
  resident!: boolean;
}
