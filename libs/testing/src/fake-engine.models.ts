import { createHash } from 'node:crypto';
import {
  ENGINE_PATHS,
  HEADERS,
  invalidRequest,
  isDigest,
  modelNotFound,
  withoutLatest,
  type ApiError,
  type ManagementProgress,
  type ModelDetails,
  type ModelPin,
  type ModelPlans,
  type ModelResidence,
  type PullList,
  type PullStatus,
  type RunningModels,
  type ShownModel,
  type TaggedModels,
} from '@local-llm-agent/contracts';
import type { EngineExchange, EngineScript } from './fake-engine.js';

interface Asked {
  readonly model?: string;
  readonly source?: string;
}

/** The one model of the fake engine. */
const NAME = 'gemma3';
const DIGEST = 'aa'.repeat(32);
const MODIFIED = '2026-01-20T10:00:00.000Z';
const BYTES = 2 ** 30;

const DETAILS: ModelDetails = {
  parent_model: '',
  format: 'gguf',
  family: 'gemma3',
  families: ['gemma3'],
  parameter_size: '4.3B',
  quantization_level: 'Q4_K_M',
};
const HEAD = { name: `${NAME}:latest`, model: `${NAME}:latest`, size: BYTES, digest: DIGEST, details: DETAILS };
const TAGS: TaggedModels = { models: [{ ...HEAD, modified_at: MODIFIED }] };
const RUNNING: RunningModels = {
  models: [{ ...HEAD, expires_at: '9999-12-31T23:59:59Z', size_vram: 0, context_length: 8192 }],
};
const SHOWN: ShownModel = {
  license: 'gemma',
  modelfile: `FROM ${NAME}\n`,
  template: '{{ .Prompt }}',
  details: DETAILS,
  model_info: { 'general.architecture': 'gemma3', 'general.parameter_count': 4_300_000_000 },
  tensors: [{ name: 'output.weight', type: 'Q6_K', shape: [2560, 262_144] }],
  capabilities: ['completion', 'thinking'],
  modified_at: MODIFIED,
};
const PLANS: ModelPlans = {
  models: [
    {
      id: NAME,
      installedAs: NAME,
      capabilities: ['completion', 'thinking'],
      aliases: [],
      adapters: [],
      description: null,
      tier: 'small',
      runtimes: ['ollama'],
      runtime: 'ollama',
      pool: 'local',
      contextLength: 8192,
      slots: 2,
      needBytes: BYTES,
      loadMs: 2500,
      state: 'ready',
      preload: true,
      pinned: false,
      ttlSeconds: null,
      fit: 'fits',
      leaves: [],
    },
    {
      id: 'gpt-oss:20b',
      installedAs: null,
      capabilities: [],
      aliases: ['gpt-oss-20b'],
      adapters: [],
      description: 'Not installed',
      tier: 'main',
      runtimes: [],
      runtime: null,
      pool: null,
      contextLength: null,
      slots: null,
      needBytes: null,
      loadMs: null,
      state: 'absent',
      preload: false,
      pinned: true,
      ttlSeconds: 600,
      fit: null,
      leaves: [],
    },
  ],
};
const STEPS: readonly ManagementProgress[] = [
  { status: 'pulling manifest' },
  { status: `pulling ${DIGEST.slice(0, 12)}`, digest: `sha256:${DIGEST}`, total: BYTES, completed: 2 ** 20 },
  { status: 'success' },
];

function sendJson({ res }: EngineExchange, body: object): void {
  res.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  res.end(JSON.stringify(body));
}

/** Ids of the pulls that were asked for. */
const pulled: string[] = [];

function toPull(id: string): PullStatus {
  const layer = { digest: `sha256:${DIGEST}`, totalBytes: BYTES, completedBytes: BYTES };
  const time = '2026-01-20T10:30:00.000Z';
  const state = { state: 'done', step: 'done', bytesPerSecond: null, startedAt: time, endedAt: time } as const;
  return { id, model: NAME, runtime: 'ollama', insecure: false, ...state, layers: [layer] };
}

function sendSteps({ res }: EngineExchange): void {
  res.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-cache' });
  for (const step of STEPS) res.write(`${JSON.stringify(step)}\n`);
  res.end();
}

function refuse({ res }: EngineExchange, error: ApiError): void {
  res.writeHead(error.status, { 'content-type': 'application/json; charset=utf-8', 'x-error-origin': 'engine' });
  res.end(JSON.stringify(error.toBody()));
}

function askedOf({ body }: EngineExchange): Asked {
  return JSON.parse(body.toString('utf8')) as Asked;
}

/** Answers about the one model; any other is not there. */
function aboutModel(exchange: EngineExchange, answer: (model: string) => void): void {
  const { source, model = source ?? '' } = askedOf(exchange);
  if (withoutLatest(model) === NAME) answer(model);
  else refuse(exchange, modelNotFound(`No runtime has the model '${model}'. GET /v1/models lists those there are.`));
}

/** A file that is kept is answered for as the engine does: by its digest. Only the one of no bytes is there already. */
function blob(exchange: EngineExchange): void {
  const { method, path, body, res } = exchange;
  const digest = decodeURIComponent(path.slice(ENGINE_PATHS.blobs.length + 1)).replace('-', ':');
  const none = `sha256:${createHash('sha256').digest('hex')}`;
  if (method === 'HEAD') {
    res.writeHead(digest === none ? 200 : 404).end();
    return;
  }
  const isRight = isDigest(digest) && digest === `sha256:${createHash('sha256').update(body).digest('hex')}`;
  if (isRight) res.writeHead(digest === none ? 200 : 201).end();
  else refuse(exchange, invalidRequest('The digest is not that of the bytes.', { param: 'digest' }));
}

const done = ({ res }: EngineExchange): void => {
  res.writeHead(200).end();
};

const ROUTES: Readonly<Record<string, (exchange: EngineExchange) => void>> = {
  [ENGINE_PATHS.modelPlans]: (exchange) => {
    sendJson(exchange, PLANS);
  },
  [ENGINE_PATHS.tags]: (exchange) => {
    sendJson(exchange, TAGS);
  },
  [ENGINE_PATHS.running]: (exchange) => {
    sendJson(exchange, RUNNING);
  },
  [ENGINE_PATHS.show]: (exchange) => {
    aboutModel(exchange, () => {
      sendJson(exchange, SHOWN);
    });
  },
  [ENGINE_PATHS.pull]: (exchange) => {
    pulled.push(String(exchange.headers[HEADERS.requestId]));
    sendSteps(exchange);
  },
  [ENGINE_PATHS.pulls]: (exchange) => {
    sendJson(exchange, { pulls: pulled.map(toPull) } satisfies PullList);
  },
  [ENGINE_PATHS.create]: sendSteps,
  [ENGINE_PATHS.push]: (exchange) => {
    aboutModel(exchange, () => {
      sendSteps(exchange);
    });
  },
  [ENGINE_PATHS.copy]: (exchange) => {
    aboutModel(exchange, () => {
      done(exchange);
    });
  },
  [ENGINE_PATHS.remove]: (exchange) => {
    aboutModel(exchange, () => {
      done(exchange);
    });
  },
  [ENGINE_PATHS.pinModel]: (exchange) => {
    pin(exchange, true);
  },
  [ENGINE_PATHS.unpinModel]: (exchange) => {
    pin(exchange, false);
  },
};

function pin(exchange: EngineExchange, pinned: boolean): void {
  aboutModel(exchange, (model) => {
    sendJson(exchange, { model, pinned, resident: true } satisfies ModelPin);
  });
}

/** Answers a load or an unload as the engine does, without any memory of it. */
export function residenceAnswer(exchange: EngineExchange): void {
  const state = exchange.path === ENGINE_PATHS.loadModel ? 'loaded' : 'unloaded';
  aboutModel(exchange, (model) => {
    sendJson(exchange, { model, state, ms: 12.5 } satisfies ModelResidence);
  });
}

/** Answers for the management of models in the engine's shapes: one model is there, and every change of it succeeds. */
export const fullManagement: EngineScript = (exchange) => {
  if (exchange.path.startsWith(`${ENGINE_PATHS.blobs}/`)) {
    blob(exchange);
    return;
  }
  const ended = /^\/models\/pulls\/(?<id>[^/]+)\/end$/.exec(exchange.path)?.groups?.['id'];
  if (ended !== undefined) {
    sendJson(exchange, toPull(ended));
    return;
  }
  const route = ROUTES[exchange.path];
  if (!route) throw new Error(`The fake engine has no ${exchange.method} ${exchange.path}.`);
  route(exchange);
};
