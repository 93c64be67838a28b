import { ApiPropertyOptional, type ApiPropertyOptions } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsNumber, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { Located, type FindProblem } from './located.constraint.js';

interface Range {
  readonly min: number;
  readonly max: number;
}

interface Described {
  readonly description?: string;
  readonly default?: number | boolean | string;
  readonly deprecated?: boolean;
}

/** What `ApiPropertyOptional` takes for a value of many forms. */
export type Schema = ApiPropertyOptions & object;

/** As if they stood above the property: the last one is applied, and its check asked, first. */
function all(...decorators: readonly PropertyDecorator[]): PropertyDecorator {
  return (target, property) => {
    for (const decorate of [...decorators].reverse()) decorate(target, property);
  };
}

/** An optional number; null counts as not set. One declaration for check and OpenAPI. */
export function OptionalNumber({ min, max, ...described }: Range & Described): PropertyDecorator {
  return all(
    ApiPropertyOptional({ type: Number, nullable: true, minimum: min, maximum: max, ...described }),
    IsOptional(),
    Max(max),
    Min(min),
    IsNumber(),
  );
}

/** An optional whole number; null counts as not set. */
export function OptionalInteger({ min, max, ...described }: Range & Described): PropertyDecorator {
  return all(
    ApiPropertyOptional({ type: 'integer', nullable: true, minimum: min, maximum: max, ...described }),
    IsOptional(),
    Max(max),
    Min(min),
    IsInt(),
  );
}

/** An optional boolean; null counts as not set. */
export function OptionalBoolean(described: Described = {}): PropertyDecorator {
  return all(ApiPropertyOptional({ type: Boolean, nullable: true, ...described }), IsOptional(), IsBoolean());
}

/** An optional text of bounded length; null counts as not set. */
export function OptionalText({ most, ...described }: { most: number } & Described): PropertyDecorator {
  return all(
    ApiPropertyOptional({ type: String, nullable: true, maxLength: most, ...described }),
    IsOptional(),
    MaxLength(most),
    IsString(),
  );
}

/** An optional value that a function checks; null counts as not set. */
export function OptionalLocated(find: FindProblem, schema: Schema): PropertyDecorator {
  return all(ApiPropertyOptional(schema), IsOptional(), Located(find));
}
