import { setTimeout as sleep } from 'node:timers/promises';
import { requestJson } from './http-json.mjs';

/** Quick at first, for a second start; slower when it takes longer. */
const POLL_MS = { first: 50, most: 500, growth: 1.15 };
const PROBE_MS = 2_000;
const LIST_MS = 10_000;
const TELL_MS = 5_000;
/** Stands for the default model of the tier; the answer names the model that spoke. */
const SMALL_TIER = 'small';
const SETTLE_MS = 1_500;

/** Why the gateway cannot be ready although all of its parts answer, such as a missing model; undefined while unknown. */
async function reasonOf(gateway, signal) {
  const { body } = await requestJson(`${gateway}/health`, { timeoutMs: PROBE_MS, signal });
  const complete = body?.status === 'unhealthy' && body.dependencies?.inference_engine === 'up';
  return complete ? (body.detail ?? JSON.stringify(body.dependencies)) : undefined;
}

/**
 * Waits until the gateway says that it is ready, or that it cannot be and why.
 * @param {string} gateway base address
 * @param {{ timeoutMs: number, settleMs?: number, say: (line: string) => void, signal: AbortSignal }} options `settleMs`:
 *   how long a reason has to last before it is believed
 * @returns {Promise<string | undefined>} why it is not ready; undefined when it is
 */
export async function waitUntilReady(gateway, { timeoutMs, settleMs = SETTLE_MS, say, signal }) {
  const started = Date.now();
  let toldAt = started;
  let reasonSince;
  let pause = POLL_MS.first;
  while (Date.now() - started < timeoutMs) {
    try {
      const { status } = await requestJson(`${gateway}/health/ready`, { timeoutMs: PROBE_MS, signal });
      if (status === 200) return undefined;
      const reason = await reasonOf(gateway, signal);
      reasonSince = reason && (reasonSince ?? Date.now());
      if (reason && Date.now() - reasonSince >= settleMs) return reason;
    } catch {
      // Not listening yet: that is what this loop waits for.
      signal.throwIfAborted();
    }
    if (Date.now() - toldAt >= TELL_MS) {
      toldAt = Date.now();
      say(`waiting for the services: ${Math.round((toldAt - started) / 1000)} s so far`);
    }
    await sleep(pause, undefined, { signal });
    pause = Math.min(POLL_MS.most, pause * POLL_MS.growth);
  }
  return `it did not say that it is ready within ${timeoutMs / 1000} s; the log lines above may say why`;
}

async function askForOneToken(gateway, model, { timeoutMs, key, signal }) {
  const body = { model, max_tokens: 1, messages: [{ role: 'user', content: 'Hi' }] };
  const answer = await requestJson(`${gateway}/v1/chat/completions`, { timeoutMs, body, key, signal });
  if (answer.status === 200) return { model: answer.body?.model ?? model };
  return { model, status: answer.status, problem: answer.body?.error?.message ?? `the answer was ${answer.status}` };
}

/** The default model of the small tier; where that is not there, the first model in the list. */
async function askSomeModel(gateway, options) {
  const { model, problem, status } = await askForOneToken(gateway, SMALL_TIER, options);
  if (!problem) return { model };
  if (status === 401) return { locked: true };
  if (status !== 404) return { problem };
  const list = await requestJson(`${gateway}/v1/models`, {
    timeoutMs: LIST_MS,
    key: options.key,
    signal: options.signal,
  });
  const first = list.body?.data?.[0]?.id;
  if (!first) return {};
  const second = await askForOneToken(gateway, first, options);
  return second.problem ? { model: first, problem: second.problem } : { model: second.model };
}

/**
 * Has a model answer once, so that it is loaded and the next answer comes at once.
 * @param {string} gateway base address
 * @param {{ timeoutMs: number, key?: string, say: (line: string) => void, signal: AbortSignal }} options
 * @returns {Promise<{ model?: string, problem?: string, locked?: true }>} the model, and why it did not answer if it did
 *   not; `locked` where a key is needed that we do not have
 */
export async function warmUp(gateway, options) {
  const { say, signal } = options;
  const started = Date.now();
  const telling = setInterval(() => {
    say(`waiting for the first answer of a model: ${Math.round((Date.now() - started) / 1000)} s so far`);
  }, TELL_MS);
  try {
    return await askSomeModel(gateway, options);
  } catch (error) {
    signal.throwIfAborted();
    return { problem: error.message };
  } finally {
    clearInterval(telling);
  }
}
