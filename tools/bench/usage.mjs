/**
 * What the keeping of usage costs: processor time of the gateway for each request, with USAGE=off, kept in a file and
 * (with the address of an empty database) in Postgres. Below it, the part that a request waits for, in this process.
 * `node tools/bench/usage.mjs [--rounds 5] [--requests 4000] [--postgres postgres://...]`.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../build.mjs';
import { ROOT, runMain } from '../repository.mjs';
import { compareGateways, sayCalls, sayCosts, time } from './gateway-cost.mjs';

const PORTS = { engine: 18_850, off: 18_851, file: 18_852, postgres: 18_853 };

function subjectsOf(folder, postgres) {
  const env = { RATE_LIMITS: 'off', USAGE: 'on', DATA_DIR: folder };
  return [
    { name: 'usage off', port: PORTS.off, env: { ...env, USAGE: 'off', DATA_DIR: os.devNull } },
    { name: 'usage in a file', port: PORTS.file, env },
    ...(postgres === undefined
      ? []
      : [{ name: 'usage in Postgres', port: PORTS.postgres, env: { ...env, DATABASE_URL: postgres } }]),
  ];
}

async function singleCalls() {
  const dist = (file) => import(path.join(ROOT, 'apps/gateway/dist/usage', file));
  const [{ toUsageRecord }, { UsageBatch }] = await Promise.all(
    ['usage-record.translate.js', 'usage-batch.state.js'].map(dist),
  );
  const facts = {
    ...{ id: 'r', method: 'POST', path: '/v1/chat/completions', startedAt: 0, caller: 'k3f9q7m2xa', tier: 'small' },
    ...{ model: 'bench', promptTokens: 40, completionTokens: 3, queueMs: 1, promptEstimate: 50 },
  };
  const room = { request: true, sum: true };
  let batch = new UsageBatch();
  return {
    'note a request that is over': time(50_000, () => {
      const record = toUsageRecord(facts, { endedAt: Date.now(), status: 200, seconds: 1, answered: true });
      if (batch.isFull) batch = new UsageBatch();
      batch.add(record, room);
    }),
  };
}

async function main() {
  const options = { rounds: { type: 'string' }, requests: { type: 'string' }, postgres: { type: 'string' } };
  const { values } = parseArgs({ options });
  await ensureBuilt();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'local-llm-agent-usage-'));
  const gateways = await compareGateways({
    subjects: subjectsOf(folder, values.postgres),
    enginePort: PORTS.engine,
    rounds: Number(values.rounds ?? 5),
    requests: Number(values.requests ?? 4000),
  });
  fs.rmSync(folder, { recursive: true });
  sayCosts(gateways);
  sayCalls(await singleCalls());
}

await runMain(main);
