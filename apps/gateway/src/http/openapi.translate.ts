type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withNull(schema: Json): Json {
  const { type, enum: values, allOf, oneOf, ...rest } = schema;
  const choices = Array.isArray(values) ? { enum: [...(values as unknown[]), null] } : {};
  if (Array.isArray(oneOf)) return { ...schema, oneOf: [...(oneOf as unknown[]), { type: 'null' }] };
  // A reference with words beside it: in 3.0 it had to be wrapped.
  if (Array.isArray(allOf) && allOf.length === 1)
    return { ...rest, anyOf: [...(allOf as unknown[]), { type: 'null' }] };
  if (typeof type === 'string') return { ...schema, type: [type, 'null'], ...choices };
  return { anyOf: [schema, { type: 'null' }] };
}

function translate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(translate);
  if (!isObject(value)) return value;
  const { nullable, ...rest } = value;
  const translated = Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, translate(item)]));
  if (nullable === true) return withNull(translated);
  return typeof nullable === 'boolean' || nullable === undefined ? translated : { ...translated, nullable };
}

/**
 * The document of Nest, which is written for OpenAPI 3.0, as OpenAPI 3.1: what may be null says so as JSON Schema
 * does, so that every validator reads it in the same way. Examples have no member `nullable` that is true.
 */
export function toOpenApi31<Document extends object>(document: Document): Document {
  return { ...(translate(document) as Document), openapi: '3.1.0' };
}
