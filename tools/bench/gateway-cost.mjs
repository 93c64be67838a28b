import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import path from 'node:path';
import autocannon from 'autocannon';
import { ROOT, say } from '../repository.mjs';

const CONNECTIONS = 10;
/** The chat that is asked again and again. */
export const BODY = {
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

/** An engine that answers at once. */
function startEngine(port) {
  const server = createServer((req, res) => {
    req.resume().once('end', () => {
      res.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(ANSWER),
        'x-served-model': 'bench',
        'x-prompt-tokens': '40',
        'x-completion-tokens': '3',
        'x-queue-ms': '1',
      });
      res.end(ANSWER);
    });
  });
  server.listen(port, '127.0.0.1');
  return server;
}

/** The value of a metric of the gateway at this port. */
export async function metric(port, name) {
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

async function startGateway({ name, port, env, ready }, enginePort) {
  const child = spawn(process.execPath, [path.join(ROOT, 'apps/gateway/dist/main.js')], {
    env: {
      ...process.env,
      GATEWAY_PORTS: String(port),
      ENGINE_URL: `http://127.0.0.1:${enginePort}`,
      LOG_LEVEL: 'warn',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await until(async () => (await fetch(`http://127.0.0.1:${port}/health/live`)).ok);
  if (ready) await until(() => ready(port));
  return { name, port, child, costs: [], slowest: [] };
}

/** Microseconds of processor time for each request, and the time that one in a hundred took longer than, ms. */
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
  const cost = (((await metric(port, 'process_cpu_seconds_total')) - before) * 1e6) / requests;
  return { cost, slowest: result.latency.p99 };
}

/**
 * Measures gateways beside each other, in front of an engine that answers at once. Rounds take turns, so that a busy
 * machine slows all alike; before the first one each is asked as often without counting.
 */
export async function compareGateways({ subjects, enginePort, rounds, requests }) {
  const engine = startEngine(enginePort);
  const gateways = [];
  try {
    for (const subject of subjects) gateways.push(await startGateway(subject, enginePort));
    for (const { port } of gateways) await costOf(port, requests);
    for (let round = 0; round < rounds; round += 1)
      for (const gateway of gateways) {
        const { cost, slowest } = await costOf(gateway.port, requests);
        gateway.costs.push(cost);
        gateway.slowest.push(slowest);
      }
  } finally {
    for (const { child } of gateways) {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    }
    engine.close();
    engine.closeAllConnections();
  }
  return gateways;
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Says what each gateway costs, beside the first one. */
export function sayCosts(gateways) {
  const without = median(gateways[0].costs);
  say('processor time of the gateway for a whole request, and the slowest of a hundred; medians of the rounds');
  for (const { name, costs, slowest } of gateways) {
    const cost = median(costs);
    const more = name === gateways[0].name ? '' : `+${(cost - without).toFixed(0)}`;
    say(`  ${name.padEnd(42)} ${cost.toFixed(0).padStart(6)} us  ${more.padStart(5)}  ${median(slowest)} ms`);
  }
}

/** Microseconds of one call, the best of several rounds. */
export function time(calls, run) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round += 1) {
    const startedAt = performance.now();
    for (let call = 0; call < calls; call += 1) run();
    best = Math.min(best, ((performance.now() - startedAt) * 1000) / calls);
  }
  return best;
}

/** Says what single calls cost, by name. */
export function sayCalls(calls) {
  say('one call in this process');
  for (const [name, us] of Object.entries(calls)) say(`  ${name.padEnd(42)} ${us.toFixed(2).padStart(6)} us`);
}
