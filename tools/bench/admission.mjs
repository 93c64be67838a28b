/**
 * What admission costs: processor time of the gateway for each request, with limits off, in memory and (where there is a
 * redis-server) in Redis, in front of an engine that answers at once. Rounds take turns, so that a busy machine slows all
 * alike. Below it, the same by function, in this process. `node tools/bench/admission.mjs [--rounds 5] [--requests 4000]`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { ensureBuilt } from '../build.mjs';
import { ROOT, runMain, say } from '../repository.mjs';

const CONNECTIONS = 10;
const PORTS = { engine: 18_810, redis: 18_811, off: 18_812, memory: 18_813, shared: 18_814 };
const BODY = {
  model: 'bench',
  max_tokens: 256,
  messages: [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content: 'Explain in two sentences what a reverse proxy does and when to use one.' },
  ],
};
const ANSWER = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'bench',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.' }, logprobs: null, finish_reason: 'stop' }],
  usage: { prompt_tokens: 40, completion_tokens: 3, total_tokens: 43 },
});
/** So high that nothing is refused. */
const CATALOG =
  'tiers: { small: { requestsPerMinute: 100000000, tokensPerMinute: 100000000000, concurrency: 1000000 } }\n';

function startEngine() {
  const server = createServer((req, res) => {
    req.resume().once('end', () => {
      res.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(ANSWER),
        'x-served-model': 'bench',
        'x-prompt-tokens': '40',
        'x-completion-tokens': '3',
      });
      res.end(ANSWER);
    });
  });
  server.listen(PORTS.engine, '127.0.0.1');
  return server;
}

function hasRedis() {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function metric(port, name) {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const line = text
    .split('\n')
    .find((candidate) => candidate.startsWith(`${name}{`) || candidate.startsWith(`${name} `));
  return Number(line?.split(' ').at(-1));
}

async function until(holds) {
  const end = Date.now() + 60_000;
  while (Date.now() < end) {
    if (await holds().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('a gateway did not get ready within 60 s');
}

async function startGateway(kind, catalog) {
  const port = PORTS[kind];
  const child = spawn(process.execPath, [path.join(ROOT, 'apps/gateway/dist/main.js')], {
    env: {
      ...process.env,
      GATEWAY_PORTS: String(port),
      ENGINE_URL: `http://127.0.0.1:${PORTS.engine}`,
      CATALOG: catalog,
      LOG_LEVEL: 'warn',
      RATE_LIMITS: kind === 'off' ? 'off' : 'on',
      ...(kind === 'shared' && { REDIS_URL: `redis://127.0.0.1:${PORTS.redis}`, REDIS_TIMEOUT_MS: '5000' }),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await until(async () => (await fetch(`http://127.0.0.1:${port}/health/live`)).ok);
  if (kind === 'shared') await until(async () => (await metric(port, 'llm_rate_limit_store_up')) === 1);
  return { kind, port, child, costs: [] };
}

/** Microseconds of processor time for each request. */
async function costOf(port, requests) {
  const before = await metric(port, 'process_cpu_seconds_total');
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/v1/chat/completions`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(BODY),
    connections: CONNECTIONS,
    amount: requests,
  });
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx + result.errors} requests failed`);
  return (((await metric(port, 'process_cpu_seconds_total')) - before) * 1e6) / requests;
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function wholeRequests(rounds, requests, folder) {
  const catalog = path.join(folder, 'catalog.yaml');
  fs.writeFileSync(catalog, CATALOG);
  const kinds = ['off', 'memory', ...(hasRedis() ? ['shared'] : [])];
  const engine = startEngine();
  const redis = kinds.includes('shared')
    ? spawn('redis-server', ['--port', String(PORTS.redis), '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
    : undefined;
  const gateways = [];
  try {
    for (const kind of kinds) gateways.push(await startGateway(kind, catalog));
    for (const { port } of gateways) await costOf(port, requests);
    for (let round = 0; round < rounds; round += 1)
      for (const gateway of gateways) gateway.costs.push(await costOf(gateway.port, requests));
  } finally {
    for (const { child } of gateways) {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    }
    redis?.kill('SIGTERM');
    engine.close();
    engine.closeAllConnections();
  }
  return gateways;
}

/** Microseconds of one call, the best of several rounds. */
function time(calls, run) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round += 1) {
    const startedAt = performance.now();
    for (let call = 0; call < calls; call += 1) run();
    best = Math.min(best, ((performance.now() - startedAt) * 1000) / calls);
  }
  return best;
}

async function singleCalls() {
  const dist = (file) => import(path.join(ROOT, 'apps/gateway/dist/admission', file));
  const [{ RateLimitService }, { MemoryLimitStore }, { MemoryBudget }, { anonymousCaller }, { estimateChatTokens }] =
    await Promise.all(
      [
        'rate-limit.service.js',
        'memory-limit-store.service.js',
        'memory-budget.service.js',
        'caller.types.js',
        'token.estimate.js',
      ].map(dist),
    );
  const limits = { requestsPerMinute: 1e9, tokensPerMinute: 1e12, concurrency: 1e6 };
  const service = (tiers) =>
    new RateLimitService({ tiers, store: new MemoryLimitStore(), budget: new MemoryBudget(), decided: () => {} });
  const caller = anonymousCaller('127.0.0.1');
  const decide = (limited) => () => limited.admit({ caller, tier: 'small', tokens: 300 }, () => {}).settle(43);
  return {
    'estimate of the tokens': time(20_000, () => estimateChatTokens(BODY)),
    'decide and settle, no limits': time(50_000, decide(service(undefined))),
    'decide and settle, three limits in memory': time(50_000, decide(service({ small: limits, main: limits }))),
  };
}

const NAMES = { off: 'limits off', memory: 'limits in memory', shared: 'limits in Redis' };

async function main() {
  const { values } = parseArgs({ options: { rounds: { type: 'string' }, requests: { type: 'string' } } });
  await ensureBuilt();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'local-llm-agent-admission-'));
  const gateways = await wholeRequests(Number(values.rounds ?? 5), Number(values.requests ?? 4000), folder);
  fs.rmSync(folder, { recursive: true });
  const without = median(gateways[0].costs);
  say('processor time of the gateway for a whole request, median of the rounds');
  for (const { kind, costs } of gateways) {
    const cost = median(costs);
    say(
      `  ${NAMES[kind].padEnd(42)} ${cost.toFixed(0).padStart(6)} us  ${kind === 'off' ? '' : `+${(cost - without).toFixed(0)}`}`,
    );
  }
  say('one call in this process');
  for (const [name, us] of Object.entries(await singleCalls()))
    say(`  ${name.padEnd(42)} ${us.toFixed(2).padStart(6)} us`);
}

await runMain(main);
