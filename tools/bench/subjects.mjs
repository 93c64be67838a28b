import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheFolder } from '../cache-folder.mjs';
import { ROOT, say } from '../repository.mjs';

const PORTKEY = ['@portkey-ai/gateway@1.15.2', '@hono/node-server@1.13.5', 'hono@4.9.7', '@hono/node-ws@1.2.0'];
const FLOOR = path.join(ROOT, 'tools/bench/floor.mjs');

/** Limits far above what a bench can reach: they are checked, but never refuse. */
const CATALOG = `tiers:
  small: { requestsPerMinute: 1000000000, tokensPerMinute: 1000000000000 }
uncatalogued: { parallel: 256 }
`;

function ours(upstream) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'llm-agent-bench-'));
  const catalog = path.join(folder, 'catalog.yaml');
  fs.writeFileSync(catalog, CATALOG);
  const env = {
    RUNTIMES: 'ollama',
    OLLAMA_HOST: upstream,
    ENGINE_PORT: '18821',
    ENGINE_URL: 'http://127.0.0.1:18821',
    GATEWAY_PORTS: '18820',
    CATALOG: catalog,
    MEMORY_BUDGET: '64GiB',
    // Its own: the keys of the checkout are none of its. Usage is kept, as everywhere.
    DATA_DIR: folder,
  };
  return {
    name: 'this project, both tiers',
    url: 'http://127.0.0.1:18820',
    env,
    commands: [['apps/inference-engine/dist/main.js'], ['apps/gateway/dist/main.js']],
  };
}

/** Portkey's gateway, installed once into the cache folder; undefined where that is not possible. */
function portkey(upstream) {
  const folder = cacheFolder('bench', 'portkey');
  const entry = path.join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  try {
    if (!fs.existsSync(entry)) {
      say('installing Portkey to measure beside it');
      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
      execFileSync('npm', ['install', '--no-audit', '--no-fund', ...PORTKEY], { cwd: folder, stdio: 'ignore' });
    }
  } catch (error) {
    say(`Portkey is left out, it could not be installed: ${error.message}`);
    return undefined;
  }
  return {
    name: 'Portkey 1.15.2',
    url: 'http://127.0.0.1:18830',
    env: {},
    headers: {
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `${upstream}/v1`,
      authorization: 'Bearer none',
    },
    commands: [[entry, '--headless', '--port=18830']],
  };
}

/** Who is measured, in front of the upstream at this address. */
export function benchSubjects(upstream) {
  return [
    { name: 'no gateway', url: upstream, env: {}, commands: [] },
    {
      name: 'floor, two bare Node hops',
      url: 'http://127.0.0.1:18810',
      env: {},
      commands: [
        [FLOOR, '18811', upstream],
        [FLOOR, '18810', 'http://127.0.0.1:18811'],
      ],
    },
    portkey(upstream),
    ours(upstream),
  ].filter((subject) => subject !== undefined);
}
