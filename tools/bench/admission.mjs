/**
 * What admission costs: processor time of the gateway for each request, with limits off, in memory and (where there is a
 * redis-server) in Redis. Below it, the same by function, in this process.
 * `node tools/bench/admission.mjs [--rounds 5] [--requests 4000]`.
 */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../build.mjs';
import { ROOT, runMain } from '../repository.mjs';
import { BODY, compareGateways, metric, sayCalls, sayCosts, time } from './gateway-cost.mjs';

const PORTS = { engine: 18_810, redis: 18_811, off: 18_812, memory: 18_813, shared: 18_814 };
/** So high that nothing is refused. */
const CATALOG =
  'tiers: { small: { requestsPerMinute: 100000000, tokensPerMinute: 100000000000, concurrency: 1000000 } }\n';

function hasRedis() {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function subjectsOf(catalog, withRedis) {
  const env = { CATALOG: catalog, RATE_LIMITS: 'on', USAGE: 'off', DATA_DIR: os.devNull };
  const redis = { REDIS_URL: `redis://127.0.0.1:${PORTS.redis}`, REDIS_TIMEOUT_MS: '5000' };
  const counting = async (port) => (await metric(port, 'llm_rate_limit_store_up')) === 1;
  return [
    { name: 'limits off', port: PORTS.off, env: { ...env, RATE_LIMITS: 'off' } },
    { name: 'limits in memory', port: PORTS.memory, env },
    ...(withRedis ? [{ name: 'limits in Redis', port: PORTS.shared, env: { ...env, ...redis }, ready: counting }] : []),
  ];
}

async function wholeRequests(rounds, requests, folder) {
  const catalog = path.join(folder, 'catalog.yaml');
  fs.writeFileSync(catalog, CATALOG);
  const redis = hasRedis()
    ? spawn('redis-server', ['--port', String(PORTS.redis), '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
    : undefined;
  try {
    const subjects = subjectsOf(catalog, redis !== undefined);
    return await compareGateways({ subjects, enginePort: PORTS.engine, rounds, requests });
  } finally {
    redis?.kill('SIGTERM');
  }
}

async function singleCalls() {
  const dist = (file) => import(path.join(ROOT, 'apps/gateway/dist/admission', file));
  const [{ RateLimitService }, { MemoryLimitStore }, { anonymousCaller }, { estimateChatTokens }] = await Promise.all(
    ['rate-limit.service.js', 'memory-limit-store.service.js', 'caller.types.js', 'token.estimate.js'].map(dist),
  );
  const limits = { requestsPerMinute: 1e9, tokensPerMinute: 1e12, concurrency: 1e6 };
  const budget = { usedThisMonth: () => 0, add: () => {} };
  const service = (tiers) => new RateLimitService({ tiers, store: new MemoryLimitStore(), budget, decided: () => {} });
  const caller = anonymousCaller('127.0.0.1');
  const decide = (limited) => () => limited.admit({ caller, tier: 'small', tokens: 300 }, () => {}).settle(43);
  return {
    'estimate of the tokens': time(20_000, () => estimateChatTokens(BODY)),
    'decide and settle, no limits': time(50_000, decide(service(undefined))),
    'decide and settle, three limits in memory': time(50_000, decide(service({ small: limits, main: limits }))),
  };
}

async function main() {
  const { values } = parseArgs({ options: { rounds: { type: 'string' }, requests: { type: 'string' } } });
  await ensureBuilt();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'local-llm-agent-admission-'));
  const gateways = await wholeRequests(Number(values.rounds ?? 5), Number(values.requests ?? 4000), folder);
  fs.rmSync(folder, { recursive: true });
  sayCosts(gateways);
  sayCalls(await singleCalls());
}

await runMain(main);
