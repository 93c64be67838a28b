import { mkdtempSync, rmSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GatewayActivity } from '@local-llm-agent/contracts';
import { postChat, SHORT_CHAT } from '../e2e/support/chat.js';
import { until } from '../e2e/support/until.js';
import { Site, type Visit, type Visitor } from './support/site.js';

/** Room for one of the two models. */
const CATALOG = 'uncatalogued: { contextLength: 2048, parallel: 1 }';
const MEMORY_BUDGET = '350MiB';
const LONG_CHAT = { messages: [{ role: 'user', content: 'Count as far as you can.' }], max_tokens: 80, stream: true };

describe('the view on what is going on', () => {
  let site: Site;
  const data = mkdtempSync(path.join(tmpdir(), 'activity-data-'));
  beforeAll(async () => {
    site = await Site.open({
      models: ['smollm2', 'twin'],
      catalog: CATALOG,
      settings: { MEMORY_BUDGET, DATA_DIR: data, USAGE: 'on' },
    });
  }, 120_000);
  afterAll(async () => {
    await site.close();
    rmSync(data, { recursive: true, force: true });
  }, 60_000);

  const chat = async (model: string, fields: object = {}): Promise<number> => {
    const response = await postChat(site.system.gatewayUrl, { ...SHORT_CHAT, model, ...fields });
    await response.text();
    return response.status;
  };
  const visit = async (how: Visit = {}): Promise<Visitor> => {
    const visitor = await site.visit({ path: '/activity', ...how });
    await visitor.page.getByRole('heading', { level: 1 }).waitFor();
    return visitor;
  };
  /** Requests that the gateway counted. */
  const counted = async (): Promise<number> => {
    const response = await fetch(`${site.system.gatewayUrl}/admin/activity?seconds=300`);
    return ((await response.json()) as GatewayActivity).totals.requests;
  };
  const leave = async (visitor: Visitor): Promise<void> => {
    expect(visitor.faults).toEqual([]);
    await visitor.page.context().close();
  };

  it('says what to do while nothing has happened yet', async () => {
    const visitor = await visit();
    const { page } = visitor;
    await page.getByText('No model was in memory in this time.').first().waitFor();
    await page.getByText('Nobody waits. A request that finds its model busy').waitFor();
    await page.getByText('Nothing was loaded or unloaded since the engine started.').waitFor();
    await page.getByText('No requests ended in this time.').first().waitFor();
    await page.getByText('No request was recorded yet.').waitFor();
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('activity-empty');
    await leave(visitor);
  });

  it('shows a model leave for another as it happens, in the lanes and with the reason', async () => {
    const visitor = await visit();
    const { page } = visitor;
    expect(await chat('smollm2')).toBe(200);
    await page.getByRole('img', { name: /^smollm2: idle now\./ }).waitFor();
    expect(await chat('twin')).toBe(200);
    await page.getByRole('img', { name: /^smollm2: not in memory now\./ }).waitFor();
    await page.getByRole('img', { name: /^twin: idle now\. Serving for / }).waitFor();

    const decisions = page.getByRole('table', { name: 'Loads and unloads, and why' });
    const unload = decisions.getByRole('row').filter({ hasText: 'Unload' });
    expect(await unload.textContent()).toMatch(/smollm2.*makes room: .*twin/);
    const swaps = page.getByRole('group', { name: 'Changes of models' });
    await swaps.getByText('2 loaded, 1 unloaded').waitFor();

    await page.getByRole('button', { name: 'Show as table: Models in memory' }).click();
    const states = await page.getByRole('table', { name: 'Models in memory' }).getByRole('row').allTextContents();
    const steps = states.slice(1).map((row) => /(Loading|Serving|Idle|Unloading)/.exec(row)?.[1]);
    expect(steps.toReversed()).toEqual(['Loading', 'Serving', 'Idle', 'Unloading', 'Loading', 'Serving', 'Idle']);
    await leave(visitor);
  });

  it('shows who works and who waits, by tier and model, against the bound', async () => {
    const visitor = await visit();
    const { page } = visitor;
    const answers = [chat('twin', LONG_CHAT), chat('twin', LONG_CHAT), chat('smollm2', LONG_CHAT)];
    const queue = page.getByRole('region', { name: 'Queue: By model' });
    await queue.getByRole('row').filter({ hasText: 'smollm2' }).waitFor();
    await page
      .getByText(/^The oldest waits .* after .* models change for it\.$/)
      .first()
      .waitFor();
    await page
      .getByRole('progressbar', { name: /Wait of the oldest in tier/ })
      .first()
      .waitFor();
    await page.getByText('Serving 1 of 1').waitFor();
    await visitor.screenshot('activity-queue');
    expect(await Promise.all(answers)).toEqual([200, 200, 200]);
    await page.getByText('Nobody waits. A request that finds its model busy').waitFor();
    await leave(visitor);
  });

  it('shows requests, tokens, times to the first token and errors as they come', async () => {
    const visitor = await visit();
    const { page } = visitor;
    const requests = page.getByRole('group', { name: 'Requests' });
    const figure = async (): Promise<number> => Number(await requests.locator('p').nth(1).textContent());
    await requests.waitFor();
    const before = await figure();
    expect(await chat('smollm2', { stream: true })).toBe(200);
    expect(await chat('smollm2')).toBe(200);
    expect(await chat('not-there')).toBe(404);
    await requests.getByText(String(before + 3), { exact: true }).waitFor();
    await page.getByRole('img', { name: /^Requests per second: Requests; at most / }).waitFor();
    await page.getByRole('img', { name: /^Tokens per second: Completion, Prompt; at most / }).waitFor();
    await page.getByRole('img', { name: /^Time to first token: p50, p95, / }).waitFor();
    await page.getByRole('img', { name: /^Errors: Failed/ }).waitFor();
    await page.getByRole('group', { name: 'Errors' }).getByText('1', { exact: true }).waitFor();

    for (const title of ['Requests per second', 'Tokens per second', 'Time to first token', 'Errors'])
      await page.getByRole('button', { name: `Show as table: ${title}` }).click();
    const refused = page.getByRole('table', { name: 'Errors' }).getByRole('row').filter({ hasText: '1' });
    await refused.first().waitFor();
    const tokens = await page.getByRole('table', { name: 'Tokens per second' }).getByRole('row').count();
    expect(tokens).toBe(61);
    expect(await visitor.violations()).toEqual([]);
    await leave(visitor);
  });

  it('shows the last requests with who asked and what came of it, without what was said, and finds some of them', async () => {
    const visitor = await visit();
    const { page } = visitor;
    const table = page.getByRole('table', { name: 'Last requests' });
    await table.getByRole('row').filter({ hasText: 'model_not_found' }).first().waitFor();
    const before = await table.getByRole('row').filter({ hasText: 'Answered' }).count();
    expect(await chat('smollm2', { stream: true, messages: [{ role: 'user', content: 'Say zebra.' }] })).toBe(200);
    await table.getByRole('row').filter({ hasText: 'Answered' }).nth(before).waitFor();
    const [newest] = (await table.getByRole('row').allTextContents()).slice(1);
    expect(newest).toMatch(/^\d\d:\d\d:\d\d127\.0\.0\.1smollm2Answered\d+ \/ 2.*\/v1\/chat\/completions$/);
    expect(await page.locator('body').textContent()).not.toContain('zebra');

    await page.getByRole('combobox', { name: 'Outcome' }).click();
    await page.getByRole('option', { name: 'Failed' }).click();
    await table.getByRole('row').filter({ hasText: 'Answered' }).first().waitFor({ state: 'detached' });
    expect(await table.getByRole('row').filter({ hasText: '404 model_not_found' }).count()).toBe(1);
    await page.getByRole('combobox', { name: 'Model' }).click();
    await page.getByRole('option', { name: 'twin' }).click();
    await page.getByText('No request matches these filters.').waitFor();
    await page.getByRole('combobox', { name: 'Caller' }).click();
    await page.getByRole('option', { name: '127.0.0.1' }).waitFor();
    expect(await visitor.violations()).toEqual([]);
    await leave(visitor);
  });

  it('marks those of the last requests that were answered from the cache', async () => {
    const visitor = await visit();
    const { page } = visitor;
    const body = { ...SHORT_CHAT, model: 'smollm2', temperature: 0, messages: [{ role: 'user', content: 'Say it.' }] };
    for (const state of ['miss', 'hit']) {
      const headers = { 'x-cache-control': 'use' };
      const response = await site.system.post('/v1/chat/completions', body, { headers });
      await response.text();
      expect(response.headers.get('x-cache')).toBe(state);
    }
    const marked = page
      .getByRole('table', { name: 'Last requests' })
      .getByRole('row')
      .filter({ hasText: 'from the cache' });
    await marked.waitFor();
    expect(await marked.textContent()).toMatch(/smollm2Answeredfrom the cache0 \/ 0/);
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('activity-cached');
    await leave(visitor);
  });

  it('says what to set where no requests are recorded', async () => {
    const { program, url } = await site.system.anotherGateway({ DATA_DIR: devNull, USAGE: 'off' });
    const visitor = await visit({ origin: url });
    const { page } = visitor;
    await page.getByText('This gateway was started with USAGE=off. Set USAGE=on').waitFor();
    expect(await page.getByText('No request was recorded yet.').count()).toBe(0);
    await page.getByRole('combobox', { name: 'Outcome' }).click();
    await page.getByRole('option', { name: 'Failed' }).click();
    await page.getByText('No request matches these filters.').waitFor();
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('activity-usage-off');
    await leave(visitor);
    await program.stop();
  });

  it('says that a key is needed, once, and asks no more until there is one', async () => {
    const ADMIN_KEY = 'an-admin-key-of-the-test-0123456789';
    const { program, url } = await site.system.anotherGateway({ ADMIN_KEY, DATA_DIR: devNull });
    const visitor = await site.visit({ path: '/activity', expected: new RegExp(`request to ${url}|status of 401`) });
    const { page } = visitor;
    await page.goto(`${url}/#/activity`);
    await page.getByText('A key is needed').waitFor();
    expect(await page.getByRole('alert').count()).toBe(1);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.getByRole('button', { name: 'API key' }).click();
    await page.getByRole('textbox', { name: 'API key' }).fill(ADMIN_KEY);
    expect(asked.filter((address) => address.includes('/admin/'))).toEqual([]);
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByRole('group', { name: 'Requests' }).waitFor();
    expect(await page.getByText('A key is needed').count()).toBe(0);
    await leave(visitor);
    await program.stop();
  });

  it('shows what each model takes of the memory, now and over time', async () => {
    const visitor = await visit();
    const { page } = visitor;
    await page.getByRole('img', { name: /^Memory local: .* MiB of 350 MiB taken by models$/ }).waitFor();
    await page
      .getByRole('list', { name: 'Memory local' })
      .getByText(/^smollm2: \d+ MiB$/)
      .waitFor();
    await page.getByRole('img', { name: /^Memory over time, local: smollm2, twin; at most .* MiB$/ }).waitFor();
    await leave(visitor);
  });

  it('stands still while it is paused, and is up to date when it goes on', async () => {
    const visitor = await visit();
    const { page } = visitor;
    const requests = page.getByRole('group', { name: 'Requests' });
    await requests.waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText(/^Paused at /).waitFor();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    const before = await requests.locator('p').nth(1).textContent();
    expect(await chat('smollm2')).toBe(200);
    await until('the gateway has counted it', async () => (await counted()) > Number(before));
    expect(await requests.locator('p').nth(1).textContent()).toBe(before);
    expect(asked.filter((url) => /activity|timeline/.test(url))).toEqual([]);
    await page.getByRole('button', { name: 'Go on' }).press('Enter');
    await requests.getByText(String(Number(before) + 1), { exact: true }).waitFor();
    await leave(visitor);
  });

  it('shows the last half hour as well', async () => {
    const visitor = await visit();
    const { page } = visitor;
    await page.getByText('30 min', { exact: true }).click();
    await page.getByRole('group', { name: 'In the last 30 minutes' }).waitFor();
    await page.getByText('30 min ago').waitFor();
    await leave(visitor);
  });

  it.each([
    ['light', { scheme: 'light' }, 'Activity'],
    ['dark', { scheme: 'dark' }, 'Activity'],
    ['narrow', { width: 375, height: 800 }, 'Activity'],
    ['es', { language: 'es' }, 'Actividad'],
  ] as const)('can be read by everybody: %s', async (name, how, title) => {
    const visitor = await visit(how);
    await visitor.page.getByRole('heading', { level: 1, name: title }).waitFor();
    await visitor.page.getByRole('img', { name: /^twin: / }).waitFor();
    await visitor.page
      .getByRole('img', { name: /^Tokens (per second|por segundo): / })
      .first()
      .waitFor();
    if (name === 'es')
      await visitor.page
        .getByText(/petición espera a (?:twin|smollm2)/)
        .first()
        .waitFor();
    expect([name, await visitor.violations()]).toEqual([name, []]);
    expect(await visitor.overflows()).toBe(false);
    await visitor.screenshot(`activity-${name}`);
    await leave(visitor);
  });
});
