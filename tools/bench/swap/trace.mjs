import { requestJson } from '../../http-json.mjs';
import { randomNumbers } from '../../simulate/random.mjs';

const LONGEST_ANSWER_MS = 15 * 60_000;
const TOPICS = ['rivers', 'bread', 'winter', 'trains', 'the moon', 'music', 'bees', 'gardens'];

/**
 * The requests, the same number for each model, in an order that the seed decides.
 * @param {{ models: readonly string[], requests: number, tokens: number, seed: string }} options
 */
export function makeTrace({ models, requests, tokens, seed }) {
  const random = randomNumbers(seed);
  const trace = Array.from({ length: requests }, (_, index) => ({
    model: models[index % models.length],
    messages: [{ role: 'user', content: `Tell me something about ${TOPICS[index % TOPICS.length]}.` }],
    max_tokens: tokens,
    temperature: 0,
    seed: index,
  }));
  for (let index = trace.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    [trace[index], trace[other]] = [trace[other], trace[index]];
  }
  return trace;
}

async function ask(url, body) {
  const started = performance.now();
  const answer = await requestJson(`${url}/v1/chat/completions`, { timeoutMs: LONGEST_ANSWER_MS, body });
  if (answer.status !== 200) throw new Error(`status ${answer.status}: ${JSON.stringify(answer.body)}`);
  return { ms: performance.now() - started, tokens: answer.body.usage.completion_tokens };
}

/**
 * Lets so many clients work through the trace: each takes the next request when it has its answer.
 * @returns {Promise<{ seconds: number, p50: number, p99: number, tokens: number }>} times in seconds
 */
export async function runTrace(url, trace, clients) {
  const left = [...trace];
  const answers = [];
  const started = performance.now();
  const work = async () => {
    for (let body = left.shift(); body; body = left.shift()) answers.push(await ask(url, body));
  };
  await Promise.all(Array.from({ length: clients }, work));
  const times = answers.map(({ ms }) => ms / 1000).sort((a, b) => a - b);
  const rank = (part) => times[Math.max(0, Math.ceil(part * times.length) - 1)];
  return {
    seconds: (performance.now() - started) / 1000,
    p50: rank(0.5),
    p99: rank(0.99),
    tokens: answers.reduce((sum, { tokens }) => sum + tokens, 0),
  };
}
