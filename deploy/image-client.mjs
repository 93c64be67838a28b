import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '../tools/repository.mjs';

const LONGEST_START_MS = 60_000;
const LONGEST_ANSWER_MS = 120_000;
const LONGEST_CHANGE_MS = 15_000;
const POLL_MS = 250;

/** Waits until the address answers 200; fails when the service ends before that or takes too long. */
export async function untilHealthy(service, url) {
  const deadline = Date.now() + LONGEST_START_MS;
  let last = 'nothing answered';
  while (Date.now() < deadline) {
    if (service.hasEnded()) throw new SetupError(`${service.name} ended before it was healthy.`);
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
      if (response.ok) return;
      last = `${response.status} ${await response.text()}`;
    } catch (error) {
      last = String(error.cause ?? error);
    }
    await sleep(POLL_MS);
  }
  throw new SetupError(`${service.name} was not healthy within ${LONGEST_START_MS / 1000} s: ${last}`);
}

function bearer(key) {
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}

/** Waits until the address answers with this status; a gateway looks for new keys every few seconds. */
export async function untilStatus(url, wanted, key) {
  const deadline = Date.now() + LONGEST_CHANGE_MS;
  for (;;) {
    const { status } = await fetch(url, { headers: bearer(key), signal: AbortSignal.timeout(5000) });
    if (status === wanted) return;
    if (Date.now() > deadline) throw new SetupError(`${url} answered ${status} and not ${wanted}.`);
    await sleep(POLL_MS);
  }
}

async function json(url, key, body) {
  const response = await fetch(url, {
    headers: { ...bearer(key), ...(body && { 'content-type': 'application/json' }) },
    signal: AbortSignal.timeout(LONGEST_ANSWER_MS),
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new SetupError(`${url} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

/** What the first installed model answers to a short question, through the gateway. */
export async function answers(gateway, key) {
  const { data } = await json(`${gateway}/v1/models`, key);
  if (data.length === 0) throw new SetupError('The gateway lists no model.');
  const { model, choices } = await json(`${gateway}/v1/chat/completions`, key, {
    model: data[0].id,
    messages: [{ role: 'user', content: 'Say hello.' }],
    max_tokens: 8,
    temperature: 0,
  });
  return `${model}: ${JSON.stringify(choices[0].message.content)}`;
}

/** How many bytes the files take that the web page names, all of which have to be there. */
export async function pageSize(gateway) {
  const get = async (path, accept) => {
    const response = await fetch(gateway + path, {
      headers: { accept },
      signal: AbortSignal.timeout(LONGEST_ANSWER_MS),
    });
    if (!response.ok) throw new SetupError(`${path} of the page answered ${response.status}.`);
    return response.text();
  };
  const document = await get('/', 'text/html');
  const files = [...document.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  if (files.length === 0) throw new SetupError(`The gateway sends no page: ${document.slice(0, 200)}`);
  const texts = await Promise.all(files.map((path) => get(path, '*/*')));
  return texts.reduce((sum, text) => sum + text.length, 0);
}
