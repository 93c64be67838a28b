/** The type of a JSON value, by JSON schema's name of it; an integer is a number. */
export function jsonTypeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** The whole numbers between the bounds of a schema; -Infinity and Infinity where there are none. */
export interface IntegerRange {
  readonly least: number;
  readonly most: number;
}

/**
 * The whole numbers that `minimum`, `maximum` and the exclusive ones leave; `least` is above `most` where they leave none.
 * @param boundAt the number at a keyword, if there is one
 */
export function integerRange(boundAt: (keyword: string) => number | undefined): IntegerRange {
  const above = boundAt('exclusiveMinimum');
  const below = boundAt('exclusiveMaximum');
  return {
    least: Math.max(
      Math.ceil(boundAt('minimum') ?? -Infinity),
      above === undefined ? -Infinity : Math.floor(above) + 1,
    ),
    most: Math.min(Math.floor(boundAt('maximum') ?? Infinity), below === undefined ? Infinity : Math.ceil(below) - 1),
  };
}
