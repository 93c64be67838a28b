import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { requestJson } from './http-json.mjs';
import { chooseModelsFolder } from './model.mjs';
import { findBusyPorts } from './ports.mjs';
import { ROOT, SetupError, say } from './repository.mjs';

const OLLAMA_ANSWER_MS = 1_000;

/** Reads `.env` at the root of the checkout, if there is one. Variables of the environment win. */
export function loadEnvFile() {
  const file = path.join(ROOT, '.env');
  if (fs.existsSync(file)) process.loadEnvFile(file);
}

/**
 * The settings, read by the services' own code, so that a wrong value is found before anything starts. Only that one
 * file of the package is loaded: the whole of it takes most of a second. The catalog is left to the services.
 */
export async function readSettings() {
  process.env.CATALOG ||= path.join(ROOT, 'config', 'catalog.demo.yaml');
  const { SettingsError, loadSettings } = await import('../libs/config/dist/settings.load.js');
  try {
    return loadSettings(process.env);
  } catch (error) {
    throw error instanceof SettingsError ? new SetupError(error.message) : error;
  }
}

/** Where people look for a page. It is at the first port of the gateway as well. */
const PAGE_PORT = 3000;

/** The settings without the page's own port when somebody else has it and nobody asked for it: that is no reason not to start. */
export async function withoutBusyPagePort(settings) {
  const { HOST: host, GATEWAY_PORTS: ports } = settings;
  if (process.env.GATEWAY_PORTS?.trim() || !ports.includes(PAGE_PORT)) return settings;
  const [busy] = await findBusyPorts([{ host, port: PAGE_PORT, setting: 'GATEWAY_PORTS' }]);
  if (busy === undefined) return settings;
  say(`${busy} Going on without it: the page is at port ${ports[0]}, too.`);
  process.env.GATEWAY_PORTS = ports.filter((port) => port !== PAGE_PORT).join(',');
  return readSettings();
}

async function ollamaAnswers(address) {
  try {
    const { status } = await requestJson(`${address}/api/version`, { timeoutMs: OLLAMA_ANSWER_MS });
    return status === 200;
  } catch {
    // Whatever the reason, there is no Ollama to use; the caller says which runtime it takes instead.
    return false;
  }
}

/** An address as it may be shown. */
function shown(address) {
  return address.replace(/\/\/[^/@]*@/, '//');
}

/** The addresses of Ollama, to be shown. */
export function ollamaAddresses(settings) {
  return settings.OLLAMA_HOST.map(({ url }) => shown(url)).join(', ');
}

/** The kinds of runtimes that serve: the configured ones, else Ollama when one answers, else the embedded one. */
export async function chooseRuntimes(settings) {
  const wanted = settings.RUNTIMES;
  if (wanted !== 'auto' && !wanted.includes('ollama')) return wanted;
  const answers = await Promise.all(settings.OLLAMA_HOST.map(({ url }) => ollamaAnswers(url)));
  if (wanted === 'auto') return answers.includes(true) ? ['ollama'] : ['embedded'];
  settings.OLLAMA_HOST.forEach(({ url }, index) => {
    if (!answers[index])
      say(`No Ollama answers at ${shown(url)}: start it with \`ollama serve\`, or change OLLAMA_HOST.`);
  });
  return wanted;
}

/** Ports that must be free, each with the setting that changes it. */
export function wantedPorts(settings) {
  return [
    ...settings.GATEWAY_PORTS.map((port) => ({ host: settings.HOST, port, setting: 'GATEWAY_PORTS' })),
    { host: settings.ENGINE_HOST, port: settings.ENGINE_PORT, setting: 'ENGINE_PORT' },
  ];
}

/** An address that a client on this machine can use for a listening address. */
export function localHost(host) {
  if (host === '0.0.0.0' || host === '::' || host === '127.0.0.1') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/** What the two services are started with. */
export async function serviceEnvironment(settings, runtimes) {
  const engineHost = ['0.0.0.0', '::'].includes(settings.ENGINE_HOST) ? '127.0.0.1' : settings.ENGINE_HOST;
  return {
    ...process.env,
    RUNTIMES: runtimes.join(','),
    // Of this start alone: other programs of this machine have no business with the engine.
    ENGINE_TOKEN: process.env.ENGINE_TOKEN?.trim() || randomBytes(32).toString('hex'),
    ENGINE_URL: process.env.ENGINE_URL?.trim() || `http://${engineHost}:${settings.ENGINE_PORT}`,
    ...(runtimes.includes('embedded') && { MODELS_DIR: await chooseModelsFolder(settings.MODELS_DIR) }),
  };
}
