import type { Settings } from '@local-llm-agent/config';
import type { Logger } from '@local-llm-agent/observability';
import { EmbeddedRuntime } from './runtime/embedded/embedded.runtime.js';
import { OllamaRuntime } from './runtime/ollama/ollama.runtime.js';
import { OpenAiRuntime } from './runtime/openai/openai.runtime.js';
import type { Runtime } from './runtime/runtime.contract.js';

/** How long Ollama may take to answer when the runtime is chosen. */
const PROBE_TIMEOUT_MS = 2000;

/** The runtimes of the configuration. `auto` is Ollama if it answers now, else the embedded llama.cpp. */
export async function createRuntimes(
  settings: Settings,
  logger: Logger,
  lost: (runtime: string, model: string) => void,
): Promise<readonly Runtime[]> {
  const holding = {
    cacheType: settings.OLLAMA_KV_CACHE_TYPE,
    parallel: settings.OLLAMA_NUM_PARALLEL || undefined,
  };
  const ollama = (): Runtime => new OllamaRuntime({ baseUrl: settings.OLLAMA_HOST, log: logger, holding });
  const embedded = (): Runtime =>
    new EmbeddedRuntime({
      modelsDir: settings.MODELS_DIR,
      threads: settings.EMBEDDED_THREADS,
      onLost: (name) => {
        lost('embedded', name);
      },
      log: (level, message, fields) => {
        logger[level](fields, message);
      },
    });
  switch (settings.RUNTIMES) {
    case 'ollama':
      return [ollama()];
    case 'embedded':
      return [embedded()];
    case 'openai':
      return [new OpenAiRuntime({ baseUrl: settings.OPENAI_BASE_URL, apiKey: settings.OPENAI_API_KEY })];
    case 'auto':
      return [await firstThatAnswers(ollama(), embedded, logger)];
  }
}

async function firstThatAnswers(ollama: Runtime, embedded: () => Runtime, logger: Logger): Promise<Runtime> {
  const health = await ollama.health(AbortSignal.timeout(PROBE_TIMEOUT_MS)).catch(() => ({ up: false }));
  if (health.up) return ollama;
  await ollama.close();
  logger.info('no Ollama answers: the embedded llama.cpp serves');
  return embedded();
}
