/**
 * `npm start`: installs and builds what is missing, finds a runtime and a model, runs the engine and the gateway, and
 * says where they are once a chat has been answered.
 */
import path from 'node:path';
import { requireNode } from './node-version.mjs';
import { ensureBuilt } from './build.mjs';
import { waitUntilReady, warmUp } from './first-answer.mjs';
import { ensureInstalled } from './install.mjs';
import { formatLogLine } from './log-lines.mjs';
import { findBusyPorts } from './ports.mjs';
import { ROOT, SetupError, runMain, say } from './repository.mjs';
import { BAD_CONFIGURATION, ServiceProcess } from './service-process.mjs';
import {
  chooseRuntimes,
  ollamaAddresses,
  loadEnvFile,
  localHost,
  readSettings,
  serviceEnvironment,
  wantedPorts,
  withoutBusyPagePort,
} from './start-settings.mjs';

const READY_MS = 60_000;
const EXTRA_LOAD_SECONDS = 60;
/** One Ctrl-C can arrive twice: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 500;
const PARENT_WATCH_MS = 500;
/** What a service may need beyond its own grace period. */
const EXTRA_GRACE_MS = 5_000;

function showLine(service, line, stream) {
  const colour = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR;
  const fallbackLevel = stream === 'stderr' ? 'warn' : 'info';
  process.stdout.write(`${formatLogLine(service, line, { colour, fallbackLevel })}\n`);
}

/** Both services as one: they start together and end together. */
class LocalSystem {
  /** Resolves to the exit code once everything has stopped. */
  ended;
  #services;
  #graceMs;
  #stopping;
  #abort = new AbortController();
  #resolve;

  constructor(environment, graceMs) {
    this.#graceMs = graceMs;
    this.ended = new Promise((resolve) => (this.#resolve = resolve));
    const service = (name, folder) =>
      new ServiceProcess({
        name,
        file: path.join(ROOT, 'apps', folder, 'dist', 'main.js'),
        cwd: ROOT,
        env: environment,
        onLine: (line, stream) => showLine(name, line, stream),
        onTrouble: say,
        onGivenUp: (reason) => {
          say(`stopping everything, because the ${name} cannot run`);
          void this.stop(reason === 'configuration' ? BAD_CONFIGURATION : 1);
        },
      });
    this.#services = [service('engine', 'inference-engine'), service('gateway', 'gateway')];
  }

  /** Aborted as soon as the system begins to stop. */
  get signal() {
    return this.#abort.signal;
  }

  start() {
    for (const service of this.#services) service.start();
  }

  async stop(exitCode) {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#abort.abort();
    const deadline = Date.now() + this.#graceMs;
    // The gateway first: requests that it has taken still need the engine.
    for (const service of this.#services.toReversed()) {
      const inTime = await service.stop(Math.max(EXTRA_GRACE_MS, deadline - Date.now()));
      if (!inTime) say(`the ${service.name} did not end in time and was killed`);
    }
    this.#resolve(exitCode);
  }

  kill() {
    for (const service of this.#services) service.kill();
  }
}

function stopOnSignals(system) {
  let firstAt;
  const onSignal = (signal) => {
    if (firstAt === undefined) {
      firstAt = Date.now();
      say(`\n${signal}: finishing running requests (again to stop at once)`);
      void system.stop(0);
    } else if (Date.now() - firstAt > SAME_SIGNAL_MS) {
      say(`${signal}: stopping at once`);
      system.kill();
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);
  // A SIGTERM for npm ends the shell between npm and this process, and never arrives here.
  const parent = process.ppid;
  const watch = () => process.ppid !== parent && firstAt === undefined && onSignal('npm is gone');
  if (process.env.npm_lifecycle_event) setInterval(watch, PARENT_WATCH_MS).unref();
  // Whatever ends this process, the services end with it.
  process.on('exit', () => system.kill());
}

/** What to do when nothing would be answered. */
function advice({ runtimes, modelsFolder, model, problem }) {
  if (model)
    return `The model ${model} did not answer: ${problem}\nThe services keep running; the next request tries again.`;
  const what = `Nothing can be answered yet: ${problem ?? 'there is no model.'}`;
  if (runtimes.includes('ollama'))
    return `${what}\nPull a model, for example \`ollama pull smollm2:135m\`; it is served at once.`;
  return `${what}\nPut a GGUF file into ${modelsFolder}, or set MODELS_DIR to a folder that has one, and start again.`;
}

const LOCKED =
  'Keys are on: send one as Authorization: Bearer. `npm run keys -- list` shows them, `npm run keys -- create NAME` makes one.';

function showAddresses(context) {
  const { settings, runtimes, modelsFolder, model, problem, locked, started } = context;
  const host = localHost(settings.HOST);
  const [first, ...others] = settings.GATEWAY_PORTS;
  const base = `http://${host}:${first}`;
  const places = {
    ollama: `Ollama at ${ollamaAddresses(settings)}`,
    embedded: `embedded llama.cpp, models of ${modelsFolder}`,
    openai: 'OpenAI-compatible server',
  };
  const rows = [
    ...(settings.WEB_PAGE ? [['Web page', base]] : []),
    ['OpenAI base URL', `${base}/v1`],
    ['LocalModels URL', `http://${host}:${others[0] ?? first}`],
    ['Health', `${base}/health`],
    ['API docs', `${base}/docs`],
    ['Metrics', `${base}/metrics`],
    ['Engine (inside)', `http://${localHost(settings.ENGINE_HOST)}:${settings.ENGINE_PORT}`],
    ['Runtime', runtimes.map((runtime) => places[runtime]).join('; ')],
    ['Model', model ?? (locked ? 'loaded with the first request' : 'none')],
  ];
  const table = rows.map(([name, value]) => `  ${name.padEnd(16)} ${value}`).join('\n');
  const body = `{"model":"${model}","messages":[{"role":"user","content":"Hello!"}]}`;
  const key = settings.ADMIN_KEY ? ' -H "Authorization: Bearer $ADMIN_KEY"' : '';
  const curl = `Try it:\n  curl ${base}/v1/chat/completions -H 'Content-Type: application/json'${key} -d '${body}'`;
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const next = locked ? LOCKED : !model || problem ? advice(context) : curl;
  process.stdout.write(`\nLocal LLM Agent is up after ${seconds} s. Ctrl-C stops it.\n\n${table}\n\n${next}\n\n`);
}

async function bringUp(system, context) {
  const { settings } = context;
  const host = localHost(settings.HOST).replace('localhost', '127.0.0.1');
  const gateway = `http://${host}:${settings.GATEWAY_PORTS[0]}`;
  const { signal } = system;
  const notReady = await waitUntilReady(gateway, { timeoutMs: READY_MS, say, signal });
  const timeoutMs = (settings.LOAD_TIMEOUT_SECONDS + EXTRA_LOAD_SECONDS) * 1000;
  const warm = notReady
    ? { problem: notReady }
    : await warmUp(gateway, { timeoutMs, key: settings.ADMIN_KEY, say, signal });
  showAddresses({ ...context, ...warm });
}

async function main() {
  const started = Date.now();
  requireNode();
  loadEnvFile();
  await ensureInstalled();
  await ensureBuilt();
  const settings = await withoutBusyPagePort(await readSettings());
  const [runtimes, busy] = await Promise.all([chooseRuntimes(settings), findBusyPorts(wantedPorts(settings))]);
  if (busy.length > 0) throw new SetupError(busy.join('\n'));
  const environment = await serviceEnvironment(settings, runtimes);
  const graceMs = (settings.SHUTDOWN_GRACE_SECONDS + settings.SHUTDOWN_DELAY_SECONDS) * 1000 + EXTRA_GRACE_MS;
  const system = new LocalSystem(environment, graceMs);
  stopOnSignals(system);
  say(`starting the engine and the gateway (runtime: ${runtimes.join(', ')})`);
  system.start();
  bringUp(system, { started, settings, runtimes, modelsFolder: environment.MODELS_DIR }).catch((error) => {
    if (system.signal.aborted) return;
    say(String(error?.stack ?? error));
    void system.stop(1);
  });
  const code = await system.ended;
  if (code === 0) say('stopped');
  return code;
}

await runMain(main);
