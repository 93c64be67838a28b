/**
 * Starts the built images, asks for their health and stops them. Runs them as containers where that works; as root also
 * where it does not, from their root file systems. `--help` lists the options.
 */
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '../tools/ports.mjs';
import { ROOT, SetupError, runMain, say } from '../tools/repository.mjs';
import { IMAGES, ask, findEngine } from './container-engine.mjs';
import { answers, pageSize, untilHealthy, untilStatus } from './image-client.mjs';
import { containerRunner } from './run-container.mjs';
import { rootFsRunner } from './run-root-fs.mjs';

const HELP = `npm run images:check -- [options]
  --engine NAME   docker or podman; without it the first that works
  --tag TAG       tag of the images; without it the version in package.json
  --models DIR    folder with a GGUF file: also asks a model for an answer, through both services`;

/** What must not be in an image: paths below /app. */
const FORBIDDEN = {
  gateway: [
    'node_modules/node-llama-cpp',
    'node_modules/@node-llama-cpp',
    'node_modules/react',
    'node_modules/vite',
    'apps/inference-engine/dist',
    'apps/web-ui/src',
  ],
  engine: ['apps/gateway/dist', 'apps/web-ui/dist', 'node_modules/openai'],
};
const FORBIDDEN_IN_BOTH = [
  'node_modules/jest',
  'node_modules/nx',
  'node_modules/typescript',
  'apps/gateway/src',
  'libs/config/src',
];
const LONGEST_STOP_MS = 45_000;

function readOptions() {
  const { values } = parseArgs({
    options: {
      engine: { type: 'string' },
      tag: { type: 'string' },
      models: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  return values;
}

function check(good, claim) {
  if (!good) throw new SetupError(`failed: ${claim}`);
  say(`  ok: ${claim}`);
}

async function chooseRunner(engine, image) {
  const asContainer = await containerRunner(engine, image);
  if (asContainer) return asContainer;
  if (process.getuid?.() !== 0)
    throw new SetupError(`${engine} cannot run containers here, and only root can do without.`);
  say(`${engine} cannot run containers here: starting from the root file systems instead`);
  return rootFsRunner(engine);
}

async function checkConfiguration(engine, target, image) {
  const text = await ask(engine, ['image', 'inspect', image]);
  if (text === undefined) throw new SetupError(`The image ${image} is not there: npm run images`);
  const [{ Config: config, Size: size, HealthCheck: podmanHealth, Healthcheck: health }] = JSON.parse(text);
  say(`${image}: ${(size / 1e6).toFixed(0)} MB`);
  check(config.User === '1000:1000', 'the user is not root');
  check(config.StopSignal === 'SIGTERM' || config.StopSignal === '15', 'it is stopped by SIGTERM');
  const command = (config.Healthcheck ?? podmanHealth ?? health)?.Test;
  check(command?.[0] === 'CMD', 'it has a health check');
  const settings = Object.fromEntries(
    config.Env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  return { target, image, settings, command: config.Entrypoint, health: command.slice(1), folder: config.WorkingDir };
}

async function checkContents(runner, description) {
  const present = await runner.present(description, [...FORBIDDEN[description.target], ...FORBIDDEN_IN_BOTH]);
  check(
    present.length === 0,
    `nothing needless is inside${present.length > 0 ? `, but ${present.join(', ')} is` : ''}`,
  );
}

async function stop(service) {
  const code = await service.stop(LONGEST_STOP_MS);
  if (code !== 0) say(service.log());
  check(code === 0, `${service.name} ends with code 0 on SIGTERM (it was ${code})`);
}

/** Programs for Node inside of a container. */
const WRITES = "require('node:fs').writeFileSync('/app/a-file', '')";
const LOADS_LLAMA = `import('node-llama-cpp').then(async ({ getLlama }) => {
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, progressLogs: false });
  console.log(llama.llamaCppRelease.release);
  await llama.dispose();
})`;
const CREATES_KEY = ['node', 'apps/gateway/dist/keys.main.js', 'create', 'image-check', '--role', 'admin', '--json'];

/** The native part of the engine. */
async function checkLlama(engine) {
  const { code, output } = await engine.run(['node', '-e', LOADS_LLAMA]);
  check(code === 0, `llama.cpp is inside and runs: ${output.trim()}`);
}

/** The native part of the gateway, and its volume: makes a key with the command of the image, and resolves to it. */
async function checkKeys(gateway, url) {
  const { code, output } = await gateway.run(CREATES_KEY);
  if (code !== 0) throw new SetupError(`no key could be made: ${output}`);
  const { key } = JSON.parse(output);
  await untilStatus(`${url}/v1/models`, 401);
  check(true, 'a key can be made by the command of the image, and is needed from then on');
  await untilStatus(`${url}/v1/models`, 200, key);
  check(true, 'with the key requests are answered');
  return key;
}

/** Starts a service and sees it healthy; shows its log when it does not get there. */
async function start(runner, description, { settings, mounts = {}, volumes = [], port }) {
  const began = Date.now();
  const service = await runner.start(description, { settings, mounts, volumes });
  try {
    await untilHealthy(service, `http://127.0.0.1:${port}/health/live`);
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    check(true, `${description.target} answers on port ${port} as user 1000 after ${seconds} s, /health/live says 200`);
    check((await service.run(description.health)).code === 0, 'the health check of the image agrees');
    const { code, output } = await service.run(['node', '-e', WRITES]);
    check(code !== 0 && output.includes('EROFS'), 'its root file system is read-only');
  } catch (error) {
    await service.stop(LONGEST_STOP_MS);
    say(service.log());
    throw error;
  }
  return service;
}

async function checkImages() {
  const options = readOptions();
  if (options.help) return void process.stdout.write(`${HELP}\n`);
  const engine = await findEngine(options.engine);
  const tag = options.tag ?? JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')).version;
  const runner = await chooseRunner(engine, `${IMAGES.gateway}:${tag}`);
  const images = {};
  for (const [target, name] of Object.entries(IMAGES)) {
    images[target] = await checkConfiguration(engine, target, `${name}:${tag}`);
    await checkContents(runner, images[target]);
  }
  const ports = { engine: await freePort(), gateway: await freePort() };
  const mounts = options.models ? { '/models': path.resolve(options.models) } : {};
  const engineSettings = {
    ENGINE_HOST: '127.0.0.1',
    ENGINE_PORT: String(ports.engine),
    RUNTIMES: 'embedded',
    EMBEDDED_THREADS: '1',
  };
  const running = [];
  try {
    const url = `http://127.0.0.1:${ports.gateway}`;
    running.push(await start(runner, images.engine, { settings: engineSettings, mounts, port: ports.engine }));
    await checkLlama(running.at(-1));
    const settings = {
      HOST: '127.0.0.1',
      GATEWAY_PORTS: String(ports.gateway),
      ENGINE_URL: `http://127.0.0.1:${ports.engine}`,
    };
    running.push(await start(runner, images.gateway, { settings, volumes: ['/data'], port: ports.gateway }));
    say(`  ok: the page is there: ${await pageSize(url)} bytes of script and style`);
    const key = await checkKeys(running.at(-1), url);
    if (options.models) say(`  ok: a model answered through both: ${await answers(url, key)}`);
    while (running.length > 0) await stop(running.pop());
  } finally {
    await Promise.all(running.map((service) => service.stop(LONGEST_STOP_MS)));
    await runner.end();
  }
  say('both images work');
}

await runMain(checkImages);
