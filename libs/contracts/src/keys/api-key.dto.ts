import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { TIERS, type Tier } from '../engine/engine-api.js';
import { invalidRequest } from '../errors/api-error.js';
import { LONGEST_MODEL_NAME } from '../ollama/model-name.policy.js';
import { validateObject } from '../validation/body.parse.js';
import { Located } from '../validation/located.constraint.js';
import { OptionalBoolean, OptionalInteger, OptionalLocated } from '../validation/parameter.decorators.js';
import { unknownFieldsOf } from '../validation/unknown-fields.parse.js';
import { MOST_MODELS, keyNameProblem, modelsProblem, tiersProblem, timeProblem } from './api-key.policy.js';

/** What a key is for: to use models, or to manage the system as well. */
export type KeyRole = 'inference' | 'admin';

/** All roles. */
const KEY_ROLES: readonly KeyRole[] = ['inference', 'admin'];

const MOST = Number.MAX_SAFE_INTEGER;
/** 90 days. */
const LONGEST_GRACE_SECONDS = 7_776_000;
const NAME = { description: 'What people call it', minLength: 1, maxLength: 100, example: 'ada-laptop' } as const;

/** What a key may do. In a change null takes a term away, and a field that is not there stays as it is. */
class ApiKeyTerms {
  @OptionalLocated((value) => modelsProblem(value, 'models'), {
    type: 'array',
    nullable: true,
    items: { type: 'string', minLength: 1, maxLength: LONGEST_MODEL_NAME },
    minItems: 1,
    maxItems: MOST_MODELS,
    description: 'Ids or aliases of the models it may use; null: all',
  })
  models?: string[] | null;

  @OptionalLocated((value) => tiersProblem(value, 'tiers'), {
    type: 'array',
    nullable: true,
    items: { type: 'string', enum: [...TIERS] },
    minItems: 1,
    maxItems: TIERS.length,
    description: 'Tiers it may use; null: all',
  })
  tiers?: Tier[] | null;

  @OptionalInteger({ min: 0, max: MOST, description: 'In place of the limit of each tier; 0: no limit' })
  requestsPerMinute?: number | null;

  @OptionalInteger({ min: 0, max: MOST, description: 'In place of the limit of each tier; 0: no limit' })
  tokensPerMinute?: number | null;

  @OptionalInteger({ min: 0, max: MOST, description: 'Requests at the same time; 0: no limit' })
  concurrency?: number | null;

  @OptionalInteger({ min: 0, max: MOST, description: 'Tokens of a calendar month (UTC); 0: no limit' })
  tokensPerMonth?: number | null;

  @OptionalBoolean({
    description: 'Whether its requests use the response cache unless they say otherwise; null: as RESPONSE_CACHE says',
  })
  cache?: boolean | null;

  @OptionalLocated((value) => timeProblem(value, 'expiresAt'), {
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'When it ends; null: never',
    example: '2027-01-20T10:30:00Z',
  })
  expiresAt?: string | null;
}

/** Body of `POST /admin/keys`. */
export class CreateApiKeyRequest extends ApiKeyTerms {
  @ApiProperty(NAME)
  @Located((value) => keyNameProblem(value, 'name'))
  name!: string;

  @ApiPropertyOptional({ enum: KEY_ROLES, nullable: true, default: 'inference' })
  @IsOptional()
  @IsIn(KEY_ROLES)
  role?: KeyRole | null;
}

/** Body of `PATCH /admin/keys/{id}`. */
export class UpdateApiKeyRequest extends ApiKeyTerms {
  @OptionalLocated((value) => keyNameProblem(value, 'name'), { type: 'string', nullable: true, ...NAME })
  name?: string | null;

  @ApiPropertyOptional({ enum: KEY_ROLES, nullable: true, description: 'null: inference' })
  @IsOptional()
  @IsIn(KEY_ROLES)
  role?: KeyRole | null;
}

/** Body of `POST /admin/keys/{id}/rotate`. */
export class RotateApiKeyRequest {
  @OptionalInteger({
    min: 0,
    max: LONGEST_GRACE_SECONDS,
    default: 0,
    description: 'Seconds that the old key is good beside the new one; 0: it ends at once',
  })
  graceSeconds?: number | null;
}

const TIME = { type: String, format: 'date-time', example: '2026-01-20T10:30:00.000Z' } as const;
const LIMIT = { type: 'integer', nullable: true } as const;

/** A key as it is shown, without the key itself. */
export class ApiKey {
  @ApiProperty({ description: 'Part of the key itself, and what logs and metrics show', example: 'k3f9q7m2xa' })
  id!: string;

  @ApiProperty({ description: 'How the key begins, to know it by', example: 'lla_k3f9q7m2xa_' })
  prefix!: string;

  @ApiProperty(NAME)
  name!: string;

  @ApiProperty({ enum: KEY_ROLES })
  role!: KeyRole;

  @ApiProperty({ enum: ['active', 'expired', 'revoked'] })
  status!: 'active' | 'expired' | 'revoked';

  @ApiProperty({ type: [String], nullable: true, description: 'null: all' })
  models!: string[] | null;

  @ApiProperty({ enum: TIERS, isArray: true, nullable: true, description: 'null: all' })
  tiers!: Tier[] | null;

  @ApiProperty({ ...LIMIT, description: 'null: that of the tier' })
  requestsPerMinute!: number | null;

  @ApiProperty({ ...LIMIT, description: 'null: that of the tier' })
  tokensPerMinute!: number | null;

  @ApiProperty(LIMIT)
  concurrency!: number | null;

  @ApiProperty(LIMIT)
  tokensPerMonth!: number | null;

  @ApiProperty({ type: Boolean, nullable: true, description: 'null: as RESPONSE_CACHE says' })
  cache!: boolean | null;

  @ApiProperty(TIME)
  createdAt!: string;

  @ApiProperty({ ...TIME, description: 'The last change of its terms, of the key or of its status' })
  updatedAt!: string;

  @ApiProperty({ ...TIME, nullable: true })
  expiresAt!: string | null;

  @ApiProperty({ ...TIME, nullable: true })
  revokedAt!: string | null;

  @ApiProperty({
    ...TIME,
    nullable: true,
    description: 'The minute of the last request that came with it while it was good; null: never used',
    example: '2026-01-20T10:30:00.000Z',
  })
  lastUsedAt!: string | null;

  @ApiProperty({ ...TIME, nullable: true, description: 'Until when the key before the last rotation is good' })
  previousUntil!: string | null;
}

/** A key that was made or rotated, with the key itself: it is shown this once and cannot be read again. */
export class NewApiKey extends ApiKey {
  @ApiProperty({ description: 'The key. Keep it now; only its hash is stored' })
  key!: string;
}

/** Answer of `GET /admin/keys`. */
export class ApiKeyList {
  @ApiProperty({ type: [ApiKey] })
  data!: ApiKey[];

  @ApiProperty({ description: 'Whether requests need a key now: there is one here, or ADMIN_KEY is set' })
  required!: boolean;
}

/** A name that is not known may be a misspelt restriction: the key would be good for more than was meant. */
function parse<T extends object>(dto: new () => T, plain: Record<string, unknown>): T {
  const request = validateObject(dto, plain);
  const unknown = Object.keys(unknownFieldsOf(request))[0];
  if (unknown === undefined) return request;
  const param = unknown.slice(0, 80);
  throw invalidRequest(`${param} is not a parameter. See /docs for those there are.`, { param });
}

/** A parsed body as the terms of a new key. Throws `invalid_request` that names the bad parameter. */
export function parseCreateApiKey(plain: Record<string, unknown>): CreateApiKeyRequest {
  return parse(CreateApiKeyRequest, plain);
}

/** A parsed body as a change of a key. Throws `invalid_request` that names the bad parameter. */
export function parseUpdateApiKey(plain: Record<string, unknown>): UpdateApiKeyRequest {
  return parse(UpdateApiKeyRequest, plain);
}

/** A parsed body as the terms of a rotation. Throws `invalid_request` that names the bad parameter. */
export function parseRotateApiKey(plain: Record<string, unknown>): RotateApiKeyRequest {
  return parse(RotateApiKeyRequest, plain);
}
