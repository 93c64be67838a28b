import { invalidRequest, type ApiError } from '@local-llm-agent/contracts';
import type { AnswerFormat } from '../runtime.contract.js';
import { ANY_OBJECT, schemaGrammar } from './json-schema.translate.js';
import { SchemaRefusal, type Schema } from './schema-keywords.policy.js';

/** Grammars by their schema, as each is needed twice: to refuse and to answer. */
const grammars = new WeakMap<Schema, string | SchemaRefusal>();

function compiled(schema: Schema): string | SchemaRefusal {
  const known = grammars.get(schema);
  if (known !== undefined) return known;
  let result: string | SchemaRefusal;
  try {
    result = schemaGrammar(schema);
  } catch (error) {
    if (!(error instanceof SchemaRefusal)) throw error;
    result = error;
  }
  grammars.set(schema, result);
  return result;
}

/** Why an answer of this form cannot be guaranteed: a 400 that names the keyword by its path. */
export function formatRefusal(format: AnswerFormat): ApiError | undefined {
  if (format.type !== 'schema') return undefined;
  const result = compiled(format.schema);
  if (typeof result === 'string') return undefined;
  const param = `${format.path}${result.path}`;
  return invalidRequest(`${param}: ${result.message}`, { param });
}

/** The grammar of an answer of this form; undefined for any text. Throws what {@link formatRefusal} tells. */
export function formatGrammar(format: AnswerFormat): string | undefined {
  if (format.type === 'text') return undefined;
  if (format.type === 'json') return ANY_OBJECT;
  const refusal = formatRefusal(format);
  if (refusal !== undefined) throw refusal;
  const result = compiled(format.schema);
  return typeof result === 'string' ? result : undefined;
}
