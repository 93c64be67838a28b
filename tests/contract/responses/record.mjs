/** Records what the built inference engine answers on the demo model; see README.md. */
import fs from 'node:fs';
import path from 'node:path';
import { ensureDemoModel } from '../../../tools/model.mjs';
import { ROOT, runMain, say } from '../../../tools/repository.mjs';
import { ServiceProcess } from '../../../tools/service-process.mjs';

const FOLDER = import.meta.dirname;
const PORT = '3171';
const URL_OF_ENGINE = `http://127.0.0.1:${PORT}`;
/** Written by hand: the demo model does not do what they show. */
const BY_HAND = new Set(['thoughts-and-calls', 'failure']);

function startEngine(models) {
  const engine = new ServiceProcess({
    name: 'engine',
    file: path.join(ROOT, 'apps/inference-engine/dist/main.js'),
    cwd: ROOT,
    env: {
      ...process.env,
      ENGINE_PORT: PORT,
      RUNTIMES: 'embedded',
      EMBEDDED_THREADS: '1',
      MODELS_DIR: models,
      CATALOG: path.join(ROOT, 'config/catalog.demo.yaml'),
    },
    onLine: (line, stream) => stream === 'stderr' && say(line),
    onTrouble: say,
    onGivenUp: () => say('the engine does not start'),
  });
  engine.start();
  return engine;
}

async function ready() {
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await fetch(`${URL_OF_ENGINE}/health/live`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The engine did not get ready. Build it: node tools/build.mjs');
}

async function record(name) {
  const folder = path.join(FOLDER, name);
  const body = fs.readFileSync(path.join(folder, 'chat.json'), 'utf8');
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${URL_OF_ENGINE}/v1/chat/completions`, { method: 'POST', body, headers });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${text}`);
  const streamed = answer.headers.get('content-type')?.startsWith('text/event-stream');
  fs.writeFileSync(path.join(folder, streamed ? 'answer.sse' : 'answer.json'), streamed ? text : `${text}\n`);
  say(`recorded ${name}`);
}

await runMain(async () => {
  const models = await ensureDemoModel();
  if (!models) return 1;
  const engine = startEngine(models);
  try {
    await ready();
    const names = fs.readdirSync(FOLDER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    for (const { name } of names) if (!BY_HAND.has(name)) await record(name);
  } finally {
    await engine.stop(10_000);
  }
  return 0;
});
