import { execFileSync } from 'node:child_process';
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.js';
import { Program } from './program.js';

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Which runtime this run of the suite is about. */
export const RUNTIME = process.env['TEST_RUNTIME'] === 'ollama' ? 'ollama' : 'embedded';

const DEMO_CATALOG = path.join(ROOT, 'config/catalog.demo.yaml');

function model(): string {
  const file = process.env['TEST_MODEL_GGUF'];
  if (!file) throw new Error('TEST_MODEL_GGUF is not set: run the suite by npm test, which fetches the model.');
  return file;
}

/** A folder with the demo model in it, under the names given. */
function modelsFolder(folder: string, names: readonly string[]): string {
  const models = path.join(folder, 'models');
  mkdirSync(models, { recursive: true });
  for (const name of names) {
    const target = path.join(models, `${name}.gguf`);
    try {
      linkSync(model(), target);
    } catch {
      copyFileSync(model(), target);
    }
  }
  return models;
}

/** A real Ollama with the demo model imported. */
async function startOllama(folder: string, names: readonly string[]): Promise<{ program: Program; url: string }> {
  const binary = process.env['TEST_OLLAMA_BIN'];
  if (!binary) throw new Error('TEST_OLLAMA_BIN is not set: run the suite by npm run test:ollama.');
  const host = `127.0.0.1:${await freePort()}`;
  const environment = {
    OLLAMA_HOST: host,
    OLLAMA_MODELS: path.join(folder, 'ollama'),
    OLLAMA_NUM_PARALLEL: '2',
    HOME: folder,
  };
  const program = new Program('ollama', [binary, 'serve'], environment);
  await program.ready(`http://${host}/api/version`);
  const modelfile = path.join(folder, 'Modelfile');
  writeFileSync(modelfile, `FROM ${model()}\nPARAMETER num_thread 1\n`);
  const env = { ...process.env, ...environment };
  for (const name of names) execFileSync(binary, ['create', name, '-f', modelfile], { env, stdio: 'ignore' });
  return { program, url: `http://${host}` };
}

/** How to start a system. */
export interface SystemOptions {
  /** Settings of both services, besides ports and paths. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Names under which the demo model is installed. */
  readonly models?: readonly string[];
  /** Text of a catalog; the demo catalog without it. */
  readonly catalog?: string;
}

/** Both services as two processes on the runtime of this run, on free ports. */
export class System {
  private constructor(
    private readonly folder: string,
    readonly engine: Program,
    readonly gateway: Program,
    readonly ollama: Program | undefined,
    readonly gatewayUrl: string,
    readonly engineUrl: string,
    readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** Starts everything and waits until it is ready. */
  static async start(options: SystemOptions = {}): Promise<System> {
    const folder = mkdtempSync(path.join(tmpdir(), 'llm-agent-e2e-'));
    const names = options.models ?? ['smollm2'];
    const ollama = RUNTIME === 'ollama' ? await startOllama(folder, names) : undefined;
    const [gatewayPort, enginePort] = [await freePort(), await freePort()];
    let catalog = DEMO_CATALOG;
    if (options.catalog !== undefined) writeFileSync((catalog = path.join(folder, 'catalog.yaml')), options.catalog);
    const environment = {
      GATEWAY_PORTS: String(gatewayPort),
      ENGINE_PORT: String(enginePort),
      ENGINE_URL: `http://127.0.0.1:${enginePort}`,
      RUNTIMES: RUNTIME,
      OLLAMA_HOST: ollama?.url ?? '127.0.0.1:9',
      MODELS_DIR: modelsFolder(folder, RUNTIME === 'embedded' ? names : []),
      EMBEDDED_THREADS: '1',
      CATALOG: catalog,
      RATE_LIMITS: 'off',
      SHUTDOWN_GRACE_SECONDS: '10',
      ...options.settings,
    };
    const engine = new Program(
      'engine',
      [process.execPath, path.join(ROOT, 'apps/inference-engine/dist/main.js')],
      environment,
    );
    const gateway = new Program(
      'gateway',
      [process.execPath, path.join(ROOT, 'apps/gateway/dist/main.js')],
      environment,
    );
    const system = new System(
      folder,
      engine,
      gateway,
      ollama?.program,
      `http://127.0.0.1:${gatewayPort}`,
      environment.ENGINE_URL,
      environment,
    );
    try {
      await engine.ready(`${system.engineUrl}/health/live`);
      await gateway.ready(`${system.gatewayUrl}/health/live`);
    } catch (error) {
      await system.stop();
      throw error;
    }
    return system;
  }

  /** Another gateway process before the same engine. */
  async anotherGateway(settings: Readonly<Record<string, string>> = {}): Promise<{ program: Program; url: string }> {
    const port = String(await freePort());
    const program = new Program('gateway', [process.execPath, path.join(ROOT, 'apps/gateway/dist/main.js')], {
      ...this.environment,
      ...settings,
      GATEWAY_PORTS: port,
    });
    await program.ready(`http://127.0.0.1:${port}/health/live`);
    return { program, url: `http://127.0.0.1:${port}` };
  }

  /** POSTs JSON to the gateway. */
  post(route: string, body: unknown, init: RequestInit = {}): Promise<Response> {
    return fetch(this.gatewayUrl + route, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...init,
      headers: { 'content-type': 'application/json', ...(init.headers as Record<string, string> | undefined) },
    });
  }

  /** Value of one metric line of a service, 0 when there is none. `labels` is a part of the line. */
  async metric(url: string, name: string, labels = ''): Promise<number> {
    const text = await (await fetch(`${url}/metrics`)).text();
    const line = text
      .split('\n')
      .find((candidate) => candidate.startsWith(name) && !candidate.startsWith('#') && candidate.includes(labels));
    return Number(line?.split(' ').at(-1) ?? 0);
  }

  /** Ends all processes. */
  async stop(): Promise<void> {
    await Promise.all([this.gateway.stop(), this.engine.stop()]);
    await this.ollama?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
