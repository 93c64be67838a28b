import { setTimeout as sleep } from 'node:timers/promises';
import { requestJson } from './http-json.mjs';

/** Quick at first, for a second start; slower when it takes longer. */
const POLL_MS = { first: 50, most: 500, growth: 1.15 };
const PROBE_MS = 2_000;
const LIST_MS = 10_000;
const TELL_MS = 5_000;
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

/** The model that a first request should use: the default of a tier when it is listed, else the first in the list. */
export function chooseModel(listed, catalog) {
  const defaults = [catalog.tiers.small.defaultModel, catalog.tiers.main.defaultModel];
  const ids = listed.map((model) => model.id);
  return defaults.find((id) => id !== undefined && ids.includes(id)) ?? ids[0];
}

/**
 * Has the model answered once, so that it is loaded and the next answer comes at once.
 * @param {string} gateway base address
 * @param {{ catalog: any, timeoutMs: number, say: (line: string) => void, signal: AbortSignal }} options
 * @returns {Promise<{ model?: string, problem?: string }>} the model, and why it did not answer if it did not
 */
export async function warmUp(gateway, { catalog, timeoutMs, say, signal }) {
  let model;
  const started = Date.now();
  const telling = setInterval(() => {
    say(`loading ${model ?? 'the list of models'}: ${Math.round((Date.now() - started) / 1000)} s so far`);
  }, TELL_MS);
  try {
    const list = await requestJson(`${gateway}/v1/models`, { timeoutMs: LIST_MS, signal });
    if (list.status !== 200) return { problem: list.body?.error?.message ?? `/v1/models answered ${list.status}` };
    model = chooseModel(list.body?.data ?? [], catalog);
    if (!model) return {};
    const body = { model, max_tokens: 1, messages: [{ role: 'user', content: 'Hi' }] };
    const answer = await requestJson(`${gateway}/v1/chat/completions`, { timeoutMs, body, signal });
    if (answer.status === 200) return { model };
    return { model, problem: answer.body?.error?.message ?? `the answer was ${answer.status}` };
  } catch (error) {
    signal.throwIfAborted();
    return { model, problem: error.message };
  } finally {
    clearInterval(telling);
  }
}
