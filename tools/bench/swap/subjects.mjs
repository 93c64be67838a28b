import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from '../../repository.mjs';
import { freePort } from '../../ports.mjs';
import { BenchProcess } from './process.mjs';

/** Requests that one model answers at the same time, on both ways. */
const SLOTS = 2;

/** A real Ollama with room for one model. */
export class OllamaServer {
  #process;

  constructor(program, environment, url) {
    this.program = program;
    this.environment = environment;
    this.url = url;
    this.#process = new BenchProcess('Ollama', [program, 'serve'], environment);
  }

  /** @param {{ program: string, folder: string, contextLength: number }} options `folder` has the models */
  static async start({ program, folder, contextLength }) {
    const host = `127.0.0.1:${await freePort()}`;
    const environment = {
      OLLAMA_HOST: host,
      OLLAMA_MODELS: folder,
      // Its key is kept there.
      HOME: folder,
      OLLAMA_MAX_LOADED_MODELS: '1',
      OLLAMA_NUM_PARALLEL: String(SLOTS),
      OLLAMA_CONTEXT_LENGTH: String(contextLength),
    };
    const server = new OllamaServer(program, environment, `http://${host}`);
    await server.#process.ready(`${server.url}/api/version`);
    return server;
  }

  /** How often it has loaded a model. Its line "runner started" comes more than once for one load; this comes once. */
  get loads() {
    return this.#process.output.match(/msg="loaded runners"/g)?.length ?? 0;
  }

  stop() {
    return this.#process.stop();
  }
}

/** Memory for one and a half models: the second never fits. */
function services(ollamaUrl, { models, modelBytes, contextLength }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'llm-agent-swap-'));
  const catalog = path.join(folder, 'catalog.yaml');
  const rows = models.map(
    (id) =>
      `  - { id: ${id}, tier: small, contextLength: ${contextLength}, parallel: ${SLOTS}, memory: ${Math.ceil(modelBytes / 2 ** 20)}MiB }`,
  );
  fs.writeFileSync(catalog, `models:\n${rows.join('\n')}\n`);
  return {
    folder,
    environment: {
      RUNTIMES: 'ollama',
      OLLAMA_HOST: ollamaUrl,
      CATALOG: catalog,
      RATE_LIMITS: 'off',
      DATA_DIR: folder,
      MEMORY_BUDGET: `${Math.ceil((1.5 * modelBytes) / 2 ** 20)}MiB`,
      LOG_LEVEL: 'warn',
    },
  };
}

/** Both services in front of a fresh Ollama. */
async function startOurs(options) {
  const ollama = await OllamaServer.start(options);
  const { folder, environment } = services(ollama.url, options);
  const [enginePort, gatewayPort] = [await freePort(), await freePort()];
  const env = {
    ...environment,
    ENGINE_PORT: String(enginePort),
    ENGINE_URL: `http://127.0.0.1:${enginePort}`,
    GATEWAY_PORTS: String(gatewayPort),
  };
  const service = (name) =>
    new BenchProcess(`the ${name}`, [process.execPath, path.join(ROOT, 'apps', name, 'dist/main.js')], env);
  const [engine, gateway] = [service('inference-engine'), service('gateway')];
  const stop = async () => {
    await Promise.all([gateway.stop(), engine.stop()]);
    await ollama.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${gatewayPort}`;
  try {
    await engine.ready(`http://127.0.0.1:${enginePort}/health/ready`);
    await gateway.ready(`${url}/health/ready`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, loads: () => ollama.loads, stop };
}

async function startDirect(options) {
  const ollama = await OllamaServer.start(options);
  return { url: ollama.url, loads: () => ollama.loads, stop: () => ollama.stop() };
}

/** The two ways to the same Ollama. Each start is a fresh one, with nothing in memory. */
export const SUBJECTS = [
  { name: 'Ollama alone', start: startDirect },
  { name: 'this project', start: startOurs },
];
