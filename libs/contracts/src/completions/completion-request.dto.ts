import { ApiProperty } from '@nestjs/swagger';
import { invalidRequest } from '../errors/api-error.js';
import { GenerationParameters } from '../generation/generation-parameters.dto.js';
import { streamOptionsConflict } from '../generation/options.policy.js';
import { parseJsonObject, validateObject } from '../validation/body.parse.js';
import { Located, type Problem } from '../validation/located.constraint.js';
import { OptionalBoolean, OptionalInteger, OptionalText } from '../validation/parameter.decorators.js';
import { isUnset } from '../validation/value.policy.js';
import { MOST_PROMPTS, MOST_TOKEN_ID, promptProblem } from './prompt.policy.js';

/** Most tokens of the answer when a completion does not say, as at OpenAI. */
export const COMPLETION_MAX_TOKENS = 16;

/** Most answers to all prompts together. */
const MOST_ANSWERS = 2048;

/** One prompt: a text, or its tokens. */
export type Prompt = string | number[];

/**
 * Body of `POST /v1/completions` (https://platform.openai.com/docs/api-reference/completions/create): text goes on from
 * a prompt, with no chat template. Unknown fields are kept; null counts as not set.
 */
export class CompletionRequest extends GenerationParameters {
  @ApiProperty({
    oneOf: [
      { type: 'string', minLength: 1 },
      { type: 'array', minItems: 1, maxItems: MOST_PROMPTS, items: { type: 'string', minLength: 1 } },
      { type: 'array', minItems: 1, items: { type: 'integer', minimum: 0, maximum: MOST_TOKEN_ID } },
      {
        type: 'array',
        minItems: 1,
        maxItems: MOST_PROMPTS,
        items: { type: 'array', minItems: 1, items: { type: 'integer', minimum: 0, maximum: MOST_TOKEN_ID } },
      },
    ],
  })
  @Located((value) => promptProblem(value, 'prompt'))
  prompt!: string | string[] | number[] | number[][];

  @OptionalText({ most: 2 ** 20, description: 'What comes after the text, for models that fill in' })
  suffix?: string | null;

  @OptionalBoolean({ default: false, description: 'Put the prompt before the text' })
  echo?: boolean | null;

  @OptionalInteger({ min: 0, max: 5, description: 'Give the likeliest tokens at each place' })
  logprobs?: number | null;

  @OptionalInteger({ min: 1, max: 20, description: 'Must be n: local models do not choose among answers' })
  best_of?: number | null;
}

function conflictOf(request: CompletionRequest): Problem | undefined {
  const { best_of: best, n, echo, logprobs, suffix } = request;
  if (!isUnset(best) && best !== (n ?? 1))
    return { path: 'best_of', message: 'must be the same as n: local models do not choose among answers' };
  if (echo === true && !isUnset(logprobs))
    return { path: 'echo', message: 'cannot be used with logprobs: local runtimes give none for the prompt' };
  if (echo === true && !isUnset(suffix)) return { path: 'echo', message: 'cannot be used with suffix' };
  if (promptsOf(request).length * (n ?? 1) > MOST_ANSWERS)
    return { path: 'n', message: `times the number of prompts must be at most ${MOST_ANSWERS}` };
  return streamOptionsConflict(request);
}

/** Checks a parsed body; see {@link parseCompletionRequest}. */
export function toCompletionRequest(plain: Record<string, unknown>): CompletionRequest {
  const request = validateObject(CompletionRequest, plain);
  const conflict = conflictOf(request);
  if (conflict) throw invalidRequest(`${conflict.path} ${conflict.message}.`, { param: conflict.path });
  return request;
}

/** The bytes of a completion request as its DTO. Throws `invalid_request` that names the bad parameter. */
export function parseCompletionRequest(bytes: Buffer): CompletionRequest {
  return toCompletionRequest(parseJsonObject(bytes));
}

/** The prompts of a request, one by one. */
export function promptsOf(request: CompletionRequest): readonly Prompt[] {
  const { prompt } = request;
  if (typeof prompt === 'string') return [prompt];
  return typeof prompt[0] === 'number' ? [prompt as number[]] : (prompt as Prompt[]);
}
