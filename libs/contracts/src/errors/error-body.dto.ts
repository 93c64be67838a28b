import { ApiProperty } from '@nestjs/swagger';
import type { ErrorBody } from './api-error.js';
import { ERROR_CODES, type ErrorCode, type ErrorType } from './error-codes.js';

const codes = Object.keys(ERROR_CODES) as ErrorCode[];
const types = [...new Set(Object.values(ERROR_CODES).map(({ type }) => type))];

/** What went wrong. */
class ErrorFields {
  @ApiProperty({ enum: codes })
  code!: ErrorCode;

  @ApiProperty({ description: 'Says what to do next' })
  message!: string;

  @ApiProperty({ enum: types })
  type!: ErrorType;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The parameter to blame, with its path',
    example: 'messages[0].role',
  })
  param!: string | null;
}

/** The body of every error. */
export class ErrorObject implements ErrorBody {
  @ApiProperty({ type: ErrorFields })
  error!: ErrorFields;
}
