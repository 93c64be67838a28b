import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NewApiKey, UsageReport } from '@local-llm-agent/contracts';
import type { Page } from 'playwright-core';
import { until } from '../e2e/support/until.js';
import { Site, type Visit, type Visitor } from './support/site.js';

const ADMIN_KEY = 'an-admin-key-for-the-tests-of-usage';
const REFUSED = /(401 \(Unauthorized\)|403 \(Forbidden\))/;
/** The same one each time: the first is answered by the model, the others from the response cache. */
const REQUESTS = 3;

const data = mkdtempSync(path.join(tmpdir(), 'llm-agent-usage-'));
let site: Site;
let ada: NewApiKey;
let report: UsageReport;

async function admin<T>(route: string, body?: unknown): Promise<T> {
  const answer = await fetch(site.system.gatewayUrl + route, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  expect(answer.ok).toBe(true);
  return (await answer.json()) as T;
}

beforeAll(async () => {
  site = await Site.open({ settings: { ADMIN_KEY, DATA_DIR: data, USAGE: 'on' } });
  ada = await admin<NewApiKey>('/admin/keys', { name: '=ada', tokensPerMonth: 1000 });
  for (let count = 0; count < REQUESTS; count += 1) {
    const answer = await site.system.post(
      '/v1/chat/completions',
      { model: 'smollm2', messages: [{ role: 'user', content: 'Say hello.' }], max_tokens: 8, temperature: 0 },
      { headers: { authorization: `Bearer ${ada.key}`, 'x-cache-control': 'use' } },
    );
    expect(answer.status).toBe(200);
    await answer.arrayBuffer();
  }
  const isRecorded = async (): Promise<boolean> => {
    report = await admin<UsageReport>('/admin/usage?groupBy=key');
    return report.data.some(({ key, requests }) => key === ada.id && requests === REQUESTS);
  };
  await until('the requests are recorded', isRecorded, 10_000);
}, 180_000);
afterAll(async () => {
  await site.close();
  rmSync(data, { recursive: true });
}, 60_000);

async function visit(more: Visit = {}): Promise<Visitor> {
  const visitor = await site.visit({ path: '/connect', expected: REFUSED, ...more });
  await visitor.page.evaluate(`sessionStorage.setItem('llm-agent-key', '${ADMIN_KEY}')`);
  await visitor.page.goto(`${site.system.gatewayUrl}/#/keys`);
  await visitor.page.reload();
  return visitor;
}

async function openUsage(page: Page, tab = 'Usage'): Promise<void> {
  await page.getByRole('tab', { name: tab }).click();
  await page.getByRole('table').waitFor();
}

/** The numbers of a row of the table. */
async function numbersOf(page: Page, name: string): Promise<string[]> {
  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
  return row.getByRole('cell').allTextContents();
}

function countsOf({ requests, failed, clientLeft, cached, ...tokens }: UsageReport['total']) {
  const { promptTokens, completionTokens, totalTokens } = tokens;
  return [requests, failed, clientLeft, cached, promptTokens, completionTokens, totalTokens].map(String);
}

describe('the view of usage', () => {
  it('shows in the list of keys what is used of the budget of this month', async () => {
    const { page, faults } = await visit();
    const used = report.data.find(({ key }) => key === ada.id)!.totalTokens;
    const row = page.getByRole('row').filter({ hasText: '=ada' });
    await row.getByText(`${used} of 1,000`).waitFor();
    const bar = row.getByRole('progressbar');
    expect(await bar.getAttribute('aria-valuenow')).toBe(String(Math.round(used / 10)));
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('has sums by key, model, day and tier', async () => {
    const { page, faults } = await visit();
    await openUsage(page);
    await page.getByText('Key', { exact: true }).click();
    await page.getByRole('columnheader', { name: 'Key' }).waitFor();
    const own = report.data.find(({ key }) => key === ada.id)!;
    expect(own.cached).toBe(REQUESTS - 1);
    expect((await numbersOf(page, '=ada')).slice(0, 7)).toEqual(countsOf(own));
    expect((await numbersOf(page, 'Sum')).slice(0, 7)).toEqual(countsOf(report.total));
    await page.getByRole('columnheader', { name: 'From the cache' }).waitFor();
    await page.getByText('Model', { exact: true }).click();
    await page.getByRole('rowheader', { name: 'smollm2' }).waitFor();
    await page.getByText('Day', { exact: true }).click();
    await page.getByRole('rowheader', { name: report.to }).waitFor();
    await page.getByText('Tier', { exact: true }).click();
    await page.getByRole('rowheader', { name: /^(small|main)$/ }).waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('draws the tokens', async () => {
    const { page, faults } = await visit();
    await openUsage(page);
    const chart = page.getByRole('img', { name: 'Tokens by day' });
    await chart.locator('.recharts-bar-rectangle path').first().waitFor();
    await page.getByText('Key', { exact: true }).click();
    await page.getByRole('img', { name: 'Tokens by key' }).getByText('=ada').waitFor();
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('takes the days that are chosen', async () => {
    const { page, faults } = await visit();
    await openUsage(page);
    const days = page.getByLabel('Days (UTC)');
    for (const range of ['Today', '7 days', 'This month', '30 days']) {
      await days.selectOption(range);
      await page.getByRole('rowheader', { name: report.to }).waitFor();
    }
    await days.selectOption('Own');
    await page.getByLabel('To', { exact: true }).fill('2020-01-31');
    await page.getByText('The first day must not be after the last one.').waitFor();
    await page.getByLabel('From', { exact: true }).fill('2020-01-01');
    await page.getByText('Nothing was asked in these days').waitFor();
    expect(await page.getByRole('link', { name: 'Connect a program' }).getAttribute('href')).toBe('#/connect');
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('hands out what it shows as CSV, safe for a spreadsheet', async () => {
    const { page, faults } = await visit();
    await openUsage(page);
    await page.getByText('Key', { exact: true }).click();
    await page.getByRole('columnheader', { name: 'Key' }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download as CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`usage-${report.from}-${report.to}-key.csv`);
    const file = await download.path();
    const [head, ...rows] = readFileSync(file, 'utf8').trim().split(/\r?\n/);
    expect(head).toContain('key');
    const row = rows.find((line) => line.includes(ada.id));
    expect(row).toContain("'=ada");
    expect(row).toContain(String(REQUESTS));
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it.each([
    { language: 'en', tab: 'Usage', words: 'This gateway was started with USAGE=off. Set USAGE=on' },
    { language: 'es', tab: 'Uso', words: 'Esta pasarela se inició con USAGE=off. Pon USAGE=on' },
  ] as const)('says what to set where no usage is recorded: $language', async ({ language, tab, words }) => {
    const { program, url } = await site.system.anotherGateway({ DATA_DIR: devNull, ADMIN_KEY: '', USAGE: 'off' });
    const visitor = await site.visit({ path: '/keys', origin: url, language });
    const { page } = visitor;
    await page.getByRole('tab', { name: tab }).click();
    await page.getByText(words).waitFor();
    expect(await page.getByRole('link', { name: /Connect a program|Conectar un programa/ }).count()).toBe(0);
    expect([await visitor.violations(), await visitor.overflows()]).toEqual([[], false]);
    await visitor.screenshot(`usage-off-${language}`);
    expect(visitor.faults).toEqual([]);
    await page.context().close();
    await program.stop();
  });

  it('shows what was recorded before it was switched off', async () => {
    const { program, url } = await site.system.anotherGateway({ USAGE: 'off' });
    const visitor = await site.visit({ path: '/connect', origin: url, expected: REFUSED });
    const { page } = visitor;
    await page.evaluate(`sessionStorage.setItem('llm-agent-key', '${ADMIN_KEY}')`);
    await page.goto(`${url}/#/keys`);
    await page.reload();
    await openUsage(page);
    await page.getByText('What is shown here was recorded before.').waitFor();
    expect((await numbersOf(page, 'Sum')).slice(0, 7)).toEqual(countsOf(report.total));
    expect(visitor.faults).toEqual([]);
    await page.context().close();
    await program.stop();
  });

  it('is closed to a key that may only use models', async () => {
    const visitor = await site.visit({ path: '/connect', expected: REFUSED });
    const { page } = visitor;
    await page.evaluate(`sessionStorage.setItem('llm-agent-key', '${ada.key}')`);
    await page.goto(`${site.system.gatewayUrl}/#/keys`);
    await page.reload();
    await page.getByRole('tab', { name: 'Usage' }).click();
    await page.getByText('Your key may not do this').waitFor();
    expect(await visitor.violations()).toEqual([]);
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });

  it.each([
    { name: 'light', scheme: 'light', width: 1280, language: 'en', tab: 'Usage', key: 'Key' },
    { name: 'dark', scheme: 'dark', width: 1280, language: 'en', tab: 'Usage', key: 'Key' },
    { name: 'narrow', scheme: 'light', width: 375, language: 'en', tab: 'Usage', key: 'Key' },
    { name: 'spanish', scheme: 'dark', width: 375, language: 'es', tab: 'Uso', key: 'Clave' },
  ] as const)('can be read by everybody: $name', async ({ name, scheme, width, language, tab, key }) => {
    const visitor = await visit({ scheme, width, language });
    const { page } = visitor;
    await openUsage(page, tab);
    await page.locator('.recharts-bar-rectangle path').first().waitFor();
    expect([await visitor.violations(), await visitor.overflows()]).toEqual([[], false]);
    await visitor.screenshot(`usage-${name}`);
    await page.getByText(key, { exact: true }).click();
    await page.getByRole('columnheader', { name: key }).waitFor();
    await page.locator('.recharts-bar-rectangle path').first().waitFor();
    expect([await visitor.violations(), await visitor.overflows()]).toEqual([[], false]);
    await visitor.screenshot(`usage-by-key-${name}`);
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });
});
