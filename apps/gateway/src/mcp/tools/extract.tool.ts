import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv';
import { z } from 'zod';
import { ApiError, invalidRequest, relocated, type ChatCompletion } from '@local-llm-agent/contracts';
import { estimateTextTokens } from '../../admission/token.estimate.js';
import { inToolWords, orNull, schemaProblem, withoutPatterns } from './json-schema.policy.js';
import { toAnswer, toChat, type Question } from './question.translate.js';
import { quotationRule, quote } from './quote.translate.js';
import { MODEL, defineTool, type ToolWork } from './tool.types.js';

const ATTEMPTS = 2;

const input = z.strictObject({
  text: z.string().min(1).describe('Text to read'),
  schema: z
    .record(z.string(), z.unknown())
    .describe('JSON schema of the data; fields that may be absent should allow null'),
  instructions: z.string().min(1).max(4000).optional().describe('What to look after'),
  model: MODEL,
  max_tokens: z.int().min(1).max(32_768).default(1024).describe('Most tokens of the data as JSON'),
});

const output = z.strictObject({
  data: z.unknown().describe('What the schema describes, or null'),
  reason: z.string().nullable().describe('Why data is null'),
});

type Values = z.infer<typeof input>;
type Output = z.infer<typeof output>;
type Check = (data: unknown) => string | undefined;

/** A check of answers against the schema. Throws a 400 for a schema that is none. */
function toCheck(schema: Values['schema']): Check {
  try {
    const validate = new AjvJsonSchemaValidator().getValidator(withoutPatterns(schema) as Values['schema']);
    return (data) => {
      const result = validate(data);
      return result.valid ? undefined : result.errorMessage;
    };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'it cannot be read';
    throw invalidRequest(`schema is not a JSON schema: ${why}.`, { param: 'schema', cause });
  }
}

function toQuestion({ text, schema, instructions, model, max_tokens: maxTokens }: Values): Question {
  const quoted = quote(text);
  return {
    model,
    system:
      'You take data out of texts. Use only what the text says; invent nothing. ' +
      `When the text does not hold the data, answer null. ${quotationRule(quoted)}`,
    user:
      `${quoted.block}\n\nTake out of this text what this JSON schema describes, and answer with JSON only:\n` +
      JSON.stringify(schema) +
      (instructions === undefined ? '' : `\n${instructions}`),
    maxTokens,
    schema: orNull(schema),
  };
}

/** The data of an answer, or why there is none. `final`: asking again would not help. */
function read(completion: ChatCompletion, check: Check, maxTokens: number): Output & { final: boolean } {
  const { text, cut } = toAnswer(completion);
  if (cut) {
    const reason = `The data is longer than ${maxTokens} tokens. Raise max_tokens, or ask for less with a smaller schema.`;
    return { data: null, reason, final: false };
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return { data: null, reason: 'The model did not answer with JSON.', final: false };
  }
  if (data === null) return { data, reason: 'The model finds no such data in the text.', final: true };
  const problem = check(data);
  if (problem === undefined) return { data, reason: null, final: true };
  return { data: null, reason: `What the model found does not fit the schema: ${problem}.`, final: false };
}

/** An error of the engine about the format of the answer, as one about the schema. */
function aboutSchema(thrown: unknown): unknown {
  if (!(thrown instanceof ApiError) || thrown.param?.startsWith('response_format') !== true) return thrown;
  return relocated(thrown, inToolWords(thrown.param));
}

async function extract(values: Values, { ask, report }: ToolWork): Promise<Output> {
  const check = toCheck(values.schema);
  const question = toQuestion(values);
  let last: Output = { data: null, reason: null };
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    report(attempt, ATTEMPTS, attempt === 0 ? 'reading the text' : 'reading it once more');
    try {
      const { final, ...found } = read(await ask(toChat({ ...question, attempt })), check, values.max_tokens);
      last = found;
      if (final) break;
    } catch (thrown) {
      throw aboutSchema(thrown);
    }
  }
  report(ATTEMPTS, ATTEMPTS, 'done');
  return last;
}

/** Takes structured data out of a text. */
export const EXTRACT_TOOL = defineTool({
  name: 'extract',
  title: 'Extract',
  description: 'Extract structured data from text',
  input: input.superRefine(({ schema }, context) => {
    const problem = schemaProblem(schema);
    if (problem) context.addIssue({ code: 'custom', path: problem.path.split('.'), message: problem.message });
  }),
  output,
  wish: ({ text, schema, model, max_tokens }) => ({
    model,
    promptTokens: estimateTextTokens(text) + estimateTextTokens(JSON.stringify(schema)) + 150,
    answerTokens: max_tokens,
  }),
  run: extract,
});
