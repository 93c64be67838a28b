import { ApiProperty } from '@nestjs/swagger';

/** Where the time of an answer went, ms; only where `include_timings` asked for it. */
export class Timings {
  @ApiProperty({ description: 'Milliseconds from the arrival at the engine to the last token' })
  readonly total_ms!: number;

  @ApiProperty({ description: 'Waiting for a slot of the model, its loading included' })
  readonly load_ms!: number;

  @ApiProperty({ description: 'From the slot to the first token: reading the prompt' })
  readonly prompt_ms!: number;

  @ApiProperty({ description: 'From the first token to the last' })
  readonly predicted_ms!: number;
}
