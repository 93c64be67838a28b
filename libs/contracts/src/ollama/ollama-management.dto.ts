import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { invalidRequest } from '../errors/api-error.js';
import { parseJsonObject, validateObject } from '../validation/body.parse.js';
import { Located, type Problem } from '../validation/located.constraint.js';
import { OptionalBoolean, OptionalLocated, OptionalText } from '../validation/parameter.decorators.js';
import { isObject } from '../validation/value.policy.js';
import { LONGEST_MODEL_NAME, NEW_MODEL_NAME, newModelNameProblem } from './model-name.policy.js';

const MOST_TEXT = 2 ** 20;
const DIGEST = /^sha256[:-][0-9a-f]{64}$/;

const NEW_NAME = { maxLength: LONGEST_MODEL_NAME, pattern: NEW_MODEL_NAME.source } as const;

/** Whether the text names a blob: `sha256:` and 64 hexadecimal digits. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** Body of calls about one model: pull, push, show, delete. `name` is the old spelling of `model`; one of them is there. */
export class OllamaModelName {
  @ApiPropertyOptional({ type: String, nullable: true, description: 'Name of a model', maxLength: LONGEST_MODEL_NAME })
  model!: string;

  @OptionalText({ most: LONGEST_MODEL_NAME, description: 'The old spelling of model', deprecated: true })
  name?: string | null;

  @OptionalBoolean({ default: true, description: 'For pull and push' })
  stream?: boolean | null;

  @OptionalBoolean({ default: false, description: 'For pull and push: a registry without TLS' })
  insecure?: boolean | null;

  @OptionalBoolean({ default: false, description: 'For show: with all metadata and tensors' })
  verbose?: boolean | null;
}

/** Body of `POST /api/copy`. */
export class OllamaCopyRequest {
  @ApiProperty({ description: 'Name of a model', minLength: 1, maxLength: LONGEST_MODEL_NAME })
  @Located((value) => sourceProblem(value, 'source'))
  source!: string;

  @ApiProperty({ description: 'Its name after the copy', ...NEW_NAME })
  @Located((value) => newModelNameProblem(value, 'destination'))
  destination!: string;
}

/** Body of `POST /api/create`. Fields that are not listed here go to the runtime as they are; `name` may stand for `model`. */
export class OllamaCreateRequest {
  @ApiPropertyOptional({ type: String, nullable: true, description: 'Name of the new model' })
  @Located((value) => newModelNameProblem(value, 'model'))
  model!: string;

  @OptionalBoolean({ default: true })
  stream?: boolean | null;

  @OptionalText({ most: LONGEST_MODEL_NAME, description: 'Name of the model it is made from' })
  from?: string | null;

  @OptionalLocated((value) => filesProblem(value, 'files'), {
    type: 'object',
    nullable: true,
    additionalProperties: { type: 'string', pattern: DIGEST.source },
    description: 'File names -> digests of blobs',
  })
  files?: Record<string, string> | null;

  @OptionalLocated((value) => filesProblem(value, 'adapters'), {
    type: 'object',
    nullable: true,
    additionalProperties: { type: 'string', pattern: DIGEST.source },
  })
  adapters?: Record<string, string> | null;

  @OptionalText({ most: MOST_TEXT })
  template?: string | null;

  @OptionalText({ most: MOST_TEXT })
  system?: string | null;

  @OptionalText({ most: 64 })
  quantize?: string | null;

  @OptionalLocated((value) => parametersProblem(value, 'parameters'), {
    type: 'object',
    nullable: true,
    additionalProperties: true,
  })
  parameters?: Record<string, unknown> | null;

  @OptionalLocated((value) => messagesProblem(value, 'messages'), {
    type: 'array',
    nullable: true,
    items: { type: 'object' },
    description: 'A conversation that every chat begins with',
  })
  messages?: Record<string, unknown>[] | null;

  @OptionalLocated((value) => licenseProblem(value, 'license'), {
    nullable: true,
    oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
  })
  license?: string | string[] | null;
}

function parametersProblem(value: unknown, path: string): Problem | undefined {
  return isObject(value) ? undefined : { path, message: 'must be an object of parameters and values' };
}

function messagesProblem(value: unknown, path: string): Problem | undefined {
  if (!Array.isArray(value)) return { path, message: 'must be an array of messages' };
  const bad = value.findIndex((message) => !isObject(message));
  return bad < 0 ? undefined : { path: `${path}[${bad}]`, message: 'must be an object with role and content' };
}

function licenseProblem(value: unknown, path: string): Problem | undefined {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return texts.every((text) => typeof text === 'string')
    ? undefined
    : { path, message: 'must be a text or an array of texts' };
}

function sourceProblem(value: unknown, path: string): Problem | undefined {
  if (typeof value === 'string' && value !== '' && value.length <= LONGEST_MODEL_NAME) return undefined;
  return { path, message: 'must be the name of a model' };
}

function filesProblem(value: unknown, path: string): Problem | undefined {
  if (!isObject(value)) return { path, message: 'must be an object of file names and digests' };
  for (const [file, digest] of Object.entries(value)) {
    const at = `${path}.${file.slice(0, 80)}`;
    if (file.startsWith('/') || file.split(/[\\/]/).includes('..'))
      return { path: at, message: 'must be a relative file name' };
    if (typeof digest !== 'string' || !isDigest(digest))
      return { path: at, message: 'must be a digest: sha256: and 64 hexadecimal digits' };
  }
  return undefined;
}

/** `name` is what `model` was called; an empty one does not count. */
function withModel(plain: Record<string, unknown>): Record<string, unknown> {
  const { model, name } = plain;
  return { ...plain, model: model === undefined || model === null || model === '' ? name : model };
}

/** The bytes of a call about one model as its DTO. Throws `invalid_request` that names the bad parameter. */
export function parseOllamaModelName(bytes: Buffer): OllamaModelName {
  const request = validateObject(OllamaModelName, withModel(parseJsonObject(bytes)));
  const problem = sourceProblem(request.model, 'model');
  if (problem) throw invalidRequest(`${problem.path} ${problem.message}.`, { param: problem.path });
  return request;
}

/** The bytes of a copy as its DTO. Throws `invalid_request` that names the bad parameter. */
export function parseOllamaCopy(bytes: Buffer): OllamaCopyRequest {
  return validateObject(OllamaCopyRequest, parseJsonObject(bytes));
}

/** The bytes of a creation as its DTO. Throws `invalid_request` that names the bad parameter. */
export function parseOllamaCreate(bytes: Buffer): OllamaCreateRequest {
  return validateObject(OllamaCreateRequest, withModel(parseJsonObject(bytes)));
}
