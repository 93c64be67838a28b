import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import type OpenAI from 'openai';
import { REASONING_EFFORTS, type ReasoningEffort } from '../chat/chat-completion-request.dto.js';
import { invalidRequest } from '../errors/api-error.js';
import { GenerationParameters, MOST_TOKENS } from '../generation/generation-parameters.dto.js';
import {
  metadataProblem,
  streamOptionsConflict,
  streamOptionsProblem,
  templateOptionsProblem,
} from '../generation/options.policy.js';
import { parseJsonObject, validateObject } from '../validation/body.parse.js';
import { Located, type Problem } from '../validation/located.constraint.js';
import {
  OptionalBoolean,
  OptionalInteger,
  OptionalLocated,
  OptionalText,
  type Schema,
} from '../validation/parameter.decorators.js';
import { isUnset } from '../validation/value.policy.js';
import { includeProblem, reasoningProblem, responseTextProblem } from './response-form.policy.js';
import { responseInputProblem } from './response-input.policy.js';
import {
  HOSTED_TOOLS,
  responseToolChoiceConflict,
  responseToolChoiceProblem,
  responseToolsProblem,
} from './response-tools.policy.js';
import { unsupportedResponseProblem } from './response-unsupported.policy.js';
import type { ResponseInputItem, ResponseText, ResponseTool, ResponseToolChoice } from './response.types.js';

/** What `include` must name for likelihoods to be in the answer. */
export const INCLUDE_LOGPROBS = 'message.output_text.logprobs';

const LONGEST_KEY = 64;
const LONGEST_ID = 256;
/** Longer than any body. */
const LONGEST_TEXT = 2 ** 31 - 1;

/** Options of a streamed response. */
export class ResponseStreamOptions {
  @ApiPropertyOptional({
    type: Boolean,
    nullable: true,
    default: false,
    description: 'Fill deltas up with random characters, so that their size tells nothing',
  })
  include_obfuscation?: boolean | null;
}

const FUNCTION = {
  type: 'object',
  required: ['type', 'name'],
  properties: {
    type: { type: 'string', enum: ['function'] },
    name: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' },
    description: { type: 'string', nullable: true },
    parameters: { type: 'object', nullable: true, additionalProperties: true, description: 'JSON schema' },
    strict: { type: 'boolean', nullable: true },
  },
};

const TOOL: Schema = {
  oneOf: [
    FUNCTION,
    {
      type: 'object',
      required: ['type', 'name', 'tools'],
      properties: {
        type: { type: 'string', enum: ['namespace'] },
        name: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' },
        description: { type: 'string', nullable: true },
        tools: { type: 'array', items: FUNCTION },
      },
    },
    {
      type: 'object',
      description: 'Left out; only beside functions',
      required: ['type'],
      properties: { type: { type: 'string', enum: [...HOSTED_TOOLS] } },
    },
  ],
};

const NAMED_FUNCTION = {
  type: 'object',
  required: ['type', 'name'],
  properties: { type: { type: 'string', enum: ['function'] }, name: { type: 'string' } },
};

const ITEM_TYPES = ['message', 'function_call', 'function_call_output', 'reasoning', 'item_reference'];

/**
 * Body of `POST /v1/responses` (https://platform.openai.com/docs/api-reference/responses/create). What local runtimes
 * take beyond it (`top_k`, `options`, ...) is the same as in a chat. Unknown fields are kept; null counts as not set.
 */
export class ResponseRequest extends OmitType(GenerationParameters, ['n', 'max_tokens', 'stream_options'] as const) {
  @ApiProperty({
    description: 'A text, or messages, function calls with their outputs, reasoning, and references to stored items',
    oneOf: [
      { type: 'string', minLength: 1 },
      {
        type: 'array',
        minItems: 1,
        items: {
          type: 'object',
          additionalProperties: true,
          properties: { type: { type: 'string', nullable: true, enum: ITEM_TYPES } },
        },
      },
    ],
  })
  @Located(responseInputProblem)
  input!: string | ResponseInputItem[];

  @OptionalText({ most: LONGEST_TEXT, description: 'A system message for this response only' })
  instructions?: string | null;

  @OptionalText({ most: LONGEST_ID, description: 'Id of a stored response whose conversation goes on' })
  previous_response_id?: string | null;

  @OptionalBoolean({ default: true, description: 'Whether the response can be asked for again and gone on from' })
  store?: boolean | null;

  @OptionalInteger({ min: 1, max: MOST_TOKENS, description: 'Most tokens of the answer, thoughts included' })
  max_output_tokens?: number | null;

  @OptionalLocated(responseToolsProblem, { type: 'array', nullable: true, maxItems: 128, items: TOOL as object })
  tools?: ResponseTool[] | null;

  @OptionalLocated(responseToolChoiceProblem, {
    nullable: true,
    oneOf: [
      { type: 'string', enum: ['none', 'auto', 'required'] },
      NAMED_FUNCTION,
      {
        type: 'object',
        required: ['type', 'mode', 'tools'],
        properties: {
          type: { type: 'string', enum: ['allowed_tools'] },
          mode: { type: 'string', enum: ['auto', 'required'] },
          tools: { type: 'array', minItems: 1, items: NAMED_FUNCTION },
        },
      },
    ],
  })
  tool_choice?: ResponseToolChoice | null;

  @OptionalBoolean({ default: true, description: 'Whether one answer may call several tools' })
  parallel_tool_calls?: boolean | null;

  @OptionalLocated(responseTextProblem, {
    type: 'object',
    nullable: true,
    properties: {
      format: {
        type: 'object',
        nullable: true,
        required: ['type'],
        properties: {
          type: { type: 'string', enum: ['text', 'json_object', 'json_schema'] },
          name: { type: 'string' },
          schema: { type: 'object', additionalProperties: true },
          strict: { type: 'boolean', nullable: true },
        },
      },
      verbosity: { type: 'string', nullable: true, enum: ['medium'] },
    },
  })
  text?: ResponseText | null;

  @OptionalLocated((value) => reasoningProblem(value, REASONING_EFFORTS), {
    type: 'object',
    nullable: true,
    properties: {
      effort: { type: 'string', nullable: true, enum: [...REASONING_EFFORTS] },
      summary: { type: 'string', nullable: true, enum: ['auto'] },
    },
    description: 'For models that think; the others ignore it',
  })
  reasoning?: (Omit<OpenAI.Reasoning, 'effort'> & { effort?: ReasoningEffort | null }) | null;

  @OptionalInteger({
    min: 0,
    max: 20,
    description: `Give the likeliest tokens; needs include: ['${INCLUDE_LOGPROBS}']`,
  })
  top_logprobs?: number | null;

  @OptionalLocated(includeProblem, {
    type: 'array',
    nullable: true,
    items: { type: 'string', enum: [INCLUDE_LOGPROBS, 'reasoning.encrypted_content'] },
  })
  include?: string[] | null;

  @OptionalLocated(metadataProblem, {
    type: 'object',
    nullable: true,
    maxProperties: 16,
    additionalProperties: { type: 'string', maxLength: 512 },
    description: 'Notes of the client; they come back with the response',
  })
  metadata?: Record<string, string> | null;

  @OptionalText({ most: 512, description: 'Name of the end user, hashed' })
  safety_identifier?: string | null;

  @OptionalText({ most: LONGEST_KEY, description: 'Taken and given back; runtimes find shared prompts by themselves' })
  prompt_cache_key?: string | null;

  @OptionalLocated(streamOptionsProblem, {
    nullable: true,
    oneOf: [{ $ref: '#/components/schemas/ResponseStreamOptions' }],
  })
  stream_options?: ResponseStreamOptions | null;

  @OptionalLocated(templateOptionsProblem, {
    type: 'object',
    nullable: true,
    additionalProperties: true,
    description: 'Of vLLM: variables of the chat template',
  })
  chat_template_kwargs?: Record<string, unknown> | null;
}

/** What only shows when two parameters are seen together. */
function conflictOf(request: ResponseRequest): Problem | undefined {
  const { top_logprobs: top, include } = request;
  if (!isUnset(top) && top > 0 && include?.includes(INCLUDE_LOGPROBS) !== true)
    return { path: 'top_logprobs', message: `needs include: ['${INCLUDE_LOGPROBS}']` };
  return streamOptionsConflict(request) ?? responseToolChoiceConflict(request.tool_choice, request.tools ?? []);
}

function refuse(problem: Problem | undefined): void {
  if (problem) throw invalidRequest(`${problem.path} ${problem.message}.`, { param: problem.path });
}

/**
 * The bytes of a response request as its DTO. Parameters that OpenAI has and nothing here can carry out are refused by
 * name rather than ignored, unless they ask for what happens anyway.
 */
export function parseResponseRequest(bytes: Buffer): ResponseRequest {
  const plain = parseJsonObject(bytes);
  refuse(unsupportedResponseProblem(plain));
  const request = validateObject(ResponseRequest, plain);
  refuse(conflictOf(request));
  return request;
}

/** Checks the `include` of a query. Throws `invalid_request` for what cannot be given. */
export function checkInclude(include: readonly string[]): void {
  refuse(includeProblem(include));
}
