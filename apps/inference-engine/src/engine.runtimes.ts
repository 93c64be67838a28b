import { CatalogError, RUNTIME_KINDS, type Catalog, type RuntimeKind, type Settings } from '@local-llm-agent/config';
import type { Logger } from '@local-llm-agent/observability';
import { EmbeddedRuntime } from './runtime/embedded/embedded.runtime.js';
import { OllamaRuntime } from './runtime/ollama/ollama.runtime.js';
import { OpenAiRuntime } from './runtime/openai/openai.runtime.js';
import type { Runtime } from './runtime/runtime.contract.js';
import type { RuntimeRoom } from './residency/memory-ledger.service.js';

/** How long Ollama may take to answer when the runtime is chosen. */
const PROBE_TIMEOUT_MS = 2000;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Told when a runtime lost a model by itself: the id of the runtime, and the name under which it held the model. */
export type TellLost = (runtimeId: string, model: string) => void;

/** The id of one of several hosts of a kind. A path is left out, so that there is no slash. */
function idOf(kind: RuntimeKind, url: string, among: readonly string[]): string {
  if (among.length === 1) return kind;
  const { host, pathname } = new URL(url);
  const alone = among.filter((other) => new URL(other).host === host).length === 1;
  return `${kind}@${host}${alone ? '' : pathname.replaceAll('/', '|')}`;
}

/** Every host of Ollama. Models of one on this machine without a size of its own live in this machine's memory. */
function ollamaRooms(settings: Settings, logger: Logger): RuntimeRoom[] {
  const hosts = settings.OLLAMA_HOST;
  const urls = hosts.map(({ url }) => url);
  const holding = {
    cacheType: settings.OLLAMA_KV_CACHE_TYPE,
    parallel: settings.OLLAMA_NUM_PARALLEL === 0 ? undefined : settings.OLLAMA_NUM_PARALLEL,
  };
  return hosts.map(({ url, memoryBytes }) => ({
    runtime: new OllamaRuntime({ id: idOf('ollama', url, urls), baseUrl: url, log: logger, holding }),
    localMemory: memoryBytes === undefined && LOOPBACK.has(new URL(url).hostname),
    budgetBytes: memoryBytes,
  }));
}

function embeddedRoom(settings: Settings, logger: Logger, tellLost: TellLost): RuntimeRoom {
  const runtime: Runtime = new EmbeddedRuntime({
    modelsDir: settings.MODELS_DIR,
    threads: settings.EMBEDDED_THREADS,
    onLost: (name) => {
      tellLost(runtime.id, name);
    },
    log: (level, message, fields) => {
      logger[level](fields, message);
    },
  });
  return { runtime, localMemory: true };
}

/** Every OpenAI-compatible server; what it holds is its own affair, so its memory has no end here. */
function openAiRooms(settings: Settings): RuntimeRoom[] {
  const urls = settings.OPENAI_BASE_URL;
  const keys = urls.length === 1 ? [settings.OPENAI_API_KEY] : settings.OPENAI_API_KEY.split(',');
  return urls.map((baseUrl, index) => ({
    runtime: new OpenAiRuntime({
      id: idOf('openai', baseUrl, urls),
      baseUrl,
      apiKey: (keys.length === 1 ? keys[0] : keys[index])?.trim() ?? '',
      concurrency: settings.OPENAI_CONCURRENCY,
    }),
    localMemory: false,
    budgetBytes: Infinity,
  }));
}

/** The runtimes of the configuration, in their order. `auto` is Ollama if one answers now, else the embedded llama.cpp. */
export async function createRuntimes(
  settings: Settings,
  logger: Logger,
  tellLost: TellLost,
): Promise<readonly RuntimeRoom[]> {
  const makers: Readonly<Record<RuntimeKind, () => RuntimeRoom[]>> = {
    ollama: () => ollamaRooms(settings, logger),
    embedded: () => [embeddedRoom(settings, logger, tellLost)],
    openai: () => openAiRooms(settings),
  };
  if (settings.RUNTIMES !== 'auto') return settings.RUNTIMES.flatMap((kind) => makers[kind]());
  const rooms = makers.ollama();
  if (await anyAnswers(rooms)) return rooms;
  await Promise.all(rooms.map(({ runtime }) => runtime.close()));
  logger.info('no Ollama answers: the embedded llama.cpp serves');
  return makers.embedded();
}

async function anyAnswers(rooms: readonly RuntimeRoom[]): Promise<boolean> {
  const answers = rooms.map(({ runtime }) =>
    runtime.health(AbortSignal.timeout(PROBE_TIMEOUT_MS)).catch(() => ({ up: false })),
  );
  return (await Promise.all(answers)).some(({ up }) => up);
}

/** Checks where the catalog wants its models. Throws a {@link CatalogError} for a runtime that is not in use. */
export function checkPlaces(catalog: Catalog, rooms: readonly RuntimeRoom[], source: string): void {
  const ids = rooms.map(({ runtime }) => runtime.id);
  const names = new Set<string>([...ids, ...rooms.map(({ runtime }) => runtime.name)]);
  const problems = catalog.models.flatMap(({ runtime }, index) => {
    if (runtime === undefined || names.has(runtime)) return [];
    const known = RUNTIME_KINDS.some((kind) => kind === runtime);
    const way = known ? ` Add it to RUNTIMES.` : '';
    return [`models[${index}].runtime is '${runtime}', but the runtimes in use are ${ids.join(', ')}.${way}`];
  });
  if (problems.length > 0) throw new CatalogError(source, problems);
}
