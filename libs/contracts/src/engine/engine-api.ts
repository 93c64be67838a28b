import { invalidRequest } from '../errors/api-error.js';

/** Paths of the internal engine API. Bodies of the token routes are OpenAI's. */
export const ENGINE_PATHS = {
  chatCompletions: '/v1/chat/completions',
  countTokens: '/v1/chat/count_tokens',
  completions: '/v1/completions',
  embeddings: '/v1/embeddings',
  models: '/models',
  modelPlans: '/models/plans',
  loadModel: '/models/load',
  unloadModel: '/models/unload',
  pinModel: '/models/pin',
  unpinModel: '/models/unpin',
  tags: '/models/tags',
  running: '/models/running',
  show: '/models/show',
  pull: '/models/pull',
  /** The pulls, however they began; with the id of one behind it to end that. */
  pulls: '/models/pulls',
  push: '/models/push',
  create: '/models/create',
  copy: '/models/copy',
  remove: '/models/delete',
  /** With the digest behind it. */
  blobs: '/models/blobs',
  health: '/health',
  status: '/status',
  timeline: '/status/timeline',
} as const;

/** Header names between client, gateway and engine, in lower case. */
export const HEADERS = {
  requestId: 'x-request-id',
  tier: 'x-tier',
  latency: 'x-latency-ms',
  fallbackFrom: 'x-fallback-from',
  /** `hit` or `miss`, set by the gateway where the response cache was asked. */
  cache: 'x-cache',
  /** Milliseconds the engine may take for the whole answer, set by the gateway. */
  timeout: 'x-timeout-ms',
  /** Who asks, set by the gateway so that the engine can be fair: a key's id or an address, percent-encoded. */
  caller: 'x-caller',
  /** `1` asks a stream for a comment on its place in the queue every second while it waits; any client may set it. */
  waitEvents: 'x-wait-events',
  /** Id of the model that answers, set by the engine for the metrics of the gateway. */
  servedModel: 'x-served-model',
  /** Tokens of the answer, set by the engine: headers of a plain answer, trailers of a stream. */
  promptTokens: 'x-prompt-tokens',
  completionTokens: 'x-completion-tokens',
  /**
   * Milliseconds from the arrival at the engine to the slot, the loading of the model included; also of a request that
   * never got one. A header, and a trailer of a stream: one that was opened while it waited has no such header.
   */
  queueMs: 'x-queue-ms',
  /** `false` where the same request would fail again; the packages of OpenAI and Anthropic know it. */
  shouldRetry: 'x-should-retry',
  /** Who failed, on errors of the engine. */
  errorOrigin: 'x-error-origin',
} as const;

/** A service class. */
export type Tier = 'small' | 'main';

/** All tiers. */
export const TIERS: readonly Tier[] = ['small', 'main'];

/** What a chat may need besides a text: tools to call, images to see, an answer in a JSON schema. */
export type Need = 'tools' | 'images' | 'schema';

/** All that a chat may need besides a text. */
export const NEEDS: readonly Need[] = ['tools', 'images', 'schema'];

/** Whether the text names a tier. */
export function isTier(text: string): text is Tier {
  return text === 'small' || text === 'main';
}

/** The tier that the header X-Tier names, if it is set. Throws a 400 for one that does not exist. */
export function parseTier(header: string | string[] | undefined): Tier | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && isTier(header)) return header;
  throw invalidRequest(`X-Tier must be one of ${TIERS.join(', ')}.`, { param: 'X-Tier' });
}

/** Answer of the engine's token count of a chat. */
export interface EngineTokenCount {
  readonly promptTokens: number;
  /** False where the runtime only lets us estimate. */
  readonly exact: boolean;
}

/** A model that the engine would serve under this id. */
export interface EngineModel {
  readonly id: string;
  /** Unix seconds: when the runtime got the model. */
  readonly created: number;
  /** Name of the runtime that serves it. */
  readonly ownedBy: string;
  /** Id of the model that really answers: the same, the target of an alias, or a configured fallback. */
  readonly servedBy: string;
  readonly contextLength: number;
}

/** Answer of `GET /models` on the engine. */
export interface EngineModels {
  readonly models: readonly EngineModel[];
}

/** State of one dependency. */
export type DependencyStatus = 'up' | 'down' | 'not_used';

/** State of a service: `degraded` still answers some requests. */
export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

/** Answer of `GET /health` on the engine. */
export interface EngineHealth {
  readonly status: HealthStatus;
  /** One sentence on what is wrong and what to do; absent when healthy. */
  readonly detail?: string;
  readonly runtimes: Readonly<Record<string, DependencyStatus>>;
  /** Ids under which a chat would be answered now. */
  readonly models: readonly string[];
}
