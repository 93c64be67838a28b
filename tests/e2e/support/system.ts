import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@local-llm-agent/testing';
import { writeModelFiles } from './model-files.js';
import { Ollama } from './ollama.js';
import { childrenOf, processorTime, residentMemory } from './processes.js';
import { Program } from './program.js';
import { until } from './until.js';

/** The root of the repository. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Which runtime this run of the suite is about. */
export const RUNTIME = process.env['TEST_RUNTIME'] === 'ollama' ? 'ollama' : 'embedded';

const DEMO_CATALOG = path.join(ROOT, 'config/catalog.demo.yaml');

/** Hundredths of a second. */
const WORK_TICKS = 50;

/** The compiled program of a service. */
export function serviceCommand(service: 'gateway' | 'inference-engine'): [string, string] {
  return [process.execPath, path.join(ROOT, `apps/${service}/dist/main.js`)];
}

/** How to start a system. */
export interface SystemOptions {
  /** Settings of both services, besides ports and paths. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Names under which the demo model is installed; for more than one they are different models. */
  readonly models?: readonly string[];
  /** Text of a catalog; the demo catalog without it. */
  readonly catalog?: string;
  /** Address of an Ollama that the test plays; the runtime of this run without it. */
  readonly ollamaUrl?: string;
}

/** Both services as two processes on the runtime of this run, on free ports. */
export class System {
  engine: Program;
  readonly gateway: Program;
  readonly gatewayUrl: string;
  readonly engineUrl: string;

  private constructor(
    readonly folder: string,
    readonly ollama: Ollama | undefined,
    readonly environment: Readonly<Record<string, string>>,
  ) {
    this.gatewayUrl = `http://127.0.0.1:${environment['GATEWAY_PORTS']}`;
    this.engineUrl = `http://127.0.0.1:${environment['ENGINE_PORT']}`;
    this.engine = new Program('engine', serviceCommand('inference-engine'), environment);
    this.gateway = new Program('gateway', serviceCommand('gateway'), environment);
  }

  /** Starts everything and waits until it is ready. */
  static async start(options: SystemOptions = {}): Promise<System> {
    const folder = mkdtempSync(path.join(tmpdir(), 'llm-agent-e2e-'));
    const names = options.ollamaUrl === undefined ? (options.models ?? ['smollm2']) : [];
    const models = path.join(folder, 'models');
    const files = writeModelFiles(models, names);
    const onOllama = RUNTIME === 'ollama' && options.ollamaUrl === undefined;
    const ollama = onOllama ? await Ollama.start(folder, files) : undefined;
    let catalog = DEMO_CATALOG;
    if (options.catalog !== undefined) writeFileSync((catalog = path.join(folder, 'catalog.yaml')), options.catalog);
    const enginePort = await freePort();
    const system = new System(folder, ollama, {
      GATEWAY_PORTS: String(await freePort()),
      // No folder: the keys of the checkout are none of theirs, and nothing is kept.
      DATA_DIR: devNull,
      USAGE: 'off',
      ENGINE_PORT: String(enginePort),
      // Every call between the services has to carry it.
      ENGINE_TOKEN: randomBytes(32).toString('hex'),
      ENGINE_URL: `http://127.0.0.1:${enginePort}`,
      RUNTIMES: options.ollamaUrl === undefined ? RUNTIME : 'ollama',
      OLLAMA_HOST: options.ollamaUrl ?? ollama?.url ?? '127.0.0.1:9',
      MODELS_DIR: models,
      EMBEDDED_THREADS: '1',
      CATALOG: catalog,
      RATE_LIMITS: 'off',
      SHUTDOWN_GRACE_SECONDS: '10',
      ...options.settings,
    });
    try {
      await system.engine.ready(`${system.engineUrl}/health/live`);
      await system.gateway.ready(`${system.gatewayUrl}/health/live`);
    } catch (error) {
      await system.stop();
      throw error;
    }
    return system;
  }

  /** Starts the engine on the same address, after it ended. */
  async startEngineAgain(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    this.engine = new Program('engine', serviceCommand('inference-engine'), { ...this.environment, ...settings });
    await this.engine.ready(`${this.engineUrl}/health/live`);
  }

  /** The processes in which models run. */
  modelProcesses(): readonly number[] {
    return childrenOf(this.ollama?.pid ?? this.engine.pid);
  }

  /** Resident memory of these processes, in bytes. */
  modelMemory(): number {
    return residentMemory(this.modelProcesses());
  }

  /** Resolves once the models have worked for a while: what was sent to them is being answered. */
  async modelWorks(): Promise<void> {
    const pids = this.modelProcesses();
    const before = processorTime(pids);
    await until('the model works', () => processorTime(pids) - before > WORK_TICKS, 20_000);
  }

  /** Another gateway process before the same engine, on a port of its own unless one is given. */
  async anotherGateway(
    settings: Readonly<Record<string, string>> = {},
    port?: number,
  ): Promise<{ program: Program; url: string }> {
    const GATEWAY_PORTS = String(port ?? (await freePort()));
    const url = `http://127.0.0.1:${GATEWAY_PORTS}`;
    const program = new Program('gateway', serviceCommand('gateway'), {
      ...this.environment,
      ...settings,
      GATEWAY_PORTS,
    });
    await program.ready(`${url}/health/live`);
    return { program, url };
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

  /** Sum of the lines of a metric of a service, 0 when there is none. `labels` is a part of the lines that count. */
  async metric(url: string, name: string, labels = ''): Promise<number> {
    return (await this.metricLines(url, name))
      .filter((line) => line.includes(labels))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  /** The lines of a metric of a service. */
  async metricLines(url: string, name: string): Promise<readonly string[]> {
    const text = await (await fetch(`${url}/metrics`)).text();
    return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  }

  /** Ends all processes. */
  async stop(): Promise<void> {
    await Promise.all([this.gateway.stop(), this.engine.stop()]);
    await this.ollama?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
