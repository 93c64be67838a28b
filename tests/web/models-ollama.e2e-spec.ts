import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { writeModelFiles } from '../e2e/support/model-files.js';
import { Ollama } from '../e2e/support/ollama.js';
import { until } from '../e2e/support/until.js';
import { Registry } from './support/registry.js';
import { Site, type Visitor } from './support/site.js';

const MIB = 2 ** 20;
/** Slow enough to be looked at, quick enough to wait for. */
const SLOW = 24 * MIB;
/** An address at which nobody listens. */
const NOBODY = '127.0.0.1:9';
const HELD_AT = 40 * MIB;

const item = (page: Page, name: string): Locator =>
  page.getByRole('listitem').filter({ has: page.getByRole('heading', { level: 3, name, exact: true }) });

const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });

describe('models that are pulled, on a real Ollama', () => {
  let folder: string;
  let registry: Registry;
  let ollama: Ollama;
  let host: string;
  let site: Site;
  let names: { readonly one: string; readonly two: string };

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'llm-agent-registry-'));
    const files = writeModelFiles(folder, ['one', 'two']);
    registry = await Registry.start();
    const offer = (name: string): string => registry.offer(name, files.get(name) ?? '');
    names = { one: offer('one'), two: offer('two') };
    const home = path.join(folder, 'home');
    mkdirSync(home);
    ollama = await Ollama.start(home, new Map());
    host = `ollama@${new URL(ollama.url).host}`;
    const catalog = 'uncatalogued: { contextLength: 2048, parallel: 1 }';
    const OLLAMA_HOST = `${ollama.url}=1GiB,${NOBODY}=2GiB`;
    site = await Site.open({ ollamaUrl: 'unused', catalog, settings: { OLLAMA_HOST } });
  }, 120_000);
  afterAll(async () => {
    await site.close();
    await ollama.stop();
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  async function startPull(page: Page, name: string): Promise<void> {
    await button(page, 'Pull a model').first().click();
    const dialog = page.getByRole('dialog', { name: 'Pull a model' });
    await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
    await dialog.getByRole('checkbox', { name: 'The registry has no TLS' }).check();
    await dialog.getByRole('button', { name: 'Pull', exact: true }).click();
    await dialog.waitFor({ state: 'hidden' });
  }

  async function expectClean(visitor: Visitor): Promise<void> {
    expect(await visitor.violations()).toEqual([]);
    expect(visitor.faults).toEqual([]);
    await visitor.page.context().close();
  }

  it('say what to do while there is none, and refuse a name that is none', async () => {
    const visitor = await site.visit({ path: '/models' });
    const { page } = visitor;
    await page.getByText('There is no model yet').waitFor();
    await visitor.screenshot('models-none');
    await button(page, 'Pull a model').last().click();
    const dialog = page.getByRole('dialog', { name: 'Pull a model' });
    await dialog.getByText(`It goes to ${host}, also when you leave this page.`).waitFor();
    await dialog.getByRole('textbox', { name: 'Name' }).fill('not a name');
    await dialog.getByRole('button', { name: 'Pull', exact: true }).click();
    await dialog.getByText('The name of a model has no spaces.').waitFor();
    await visitor.screenshot('models-pull-dialog');
    await expectClean(visitor);
  });

  it('show bytes, speed and files while they come, on any page and after a reload; a cancelled pull ends at its origin and goes on where it was', async () => {
    registry.bytesPerSecond = SLOW;
    registry.holdAt = HELD_AT;
    const visitor = await site.visit({ path: '/models' });
    const { page } = visitor;
    await startPull(page, names.one);
    const pull = item(page, names.one);
    await pull.getByText(/^Fetching · \d+ MiB of 94 MiB · [\d.]+ MiB\/s · about .+ left$/).waitFor();
    await page.getByRole('progressbar', { name: `Pull of ${names.one}` }).waitFor();
    await pull
      .getByRole('list', { name: `Files of ${names.one}` })
      .getByText(/^94 MiB · \d+ %$/)
      .waitFor();
    await pull.getByText(/^Fetching · 40 MiB of 94 MiB/).waitFor();
    await visitor.screenshot('models-pulling');
    expect(await visitor.violations()).toEqual([]);

    // Another view is looked at meanwhile.
    await page.getByRole('link', { name: 'Connect' }).click();
    await page.getByRole('heading', { level: 1, name: 'Connect' }).waitFor();
    await page.getByRole('link', { name: 'Models' }).click();
    await page.reload();
    await pull.getByText(/^Fetching · 40 MiB of 94 MiB/).waitFor();
    const other = await site.visit({ path: '/models' });
    await button(other.page, `Cancel the pull of ${names.one}`).click();
    await other.page.context().close();
    await pull.getByText('Cancelled. What was fetched is used by the next try.').waitFor();
    await until('the origin sends no more', () => registry.transfers.every(({ open }) => !open), 20_000);
    await visitor.screenshot('models-pull-cancelled');

    const before = registry.transfers.length;
    registry.holdAt = Number.POSITIVE_INFINITY;
    await button(page, `Try again to pull ${names.one}`).click();
    await pull.getByText(/^Installed · 94 MiB of 94 MiB/).waitFor();
    expect(registry.transfers.slice(before).find(({ size }) => size > MIB)?.from).toBeGreaterThan(MIB);
    await button(page, `Dismiss ${names.one}`).click();
    await item(page, names.one).getByText('Installed', { exact: true }).waitFor();
    await expectClean(visitor);
  }, 90_000);

  it('live in the memory of their host; a host that does not answer is named', async () => {
    const visitor = await site.visit({ path: '/models' });
    const { page } = visitor;
    await page.getByText('0 MiB of 1 GiB taken by models, 1 GiB free').waitFor();
    await page.getByText('0 MiB of 2 GiB taken by models, 2 GiB free').waitFor();
    await page.getByRole('alert').getByText(`ollama@${NOBODY} does not answer`).waitFor();
    await item(page, names.one)
      .getByText(/^Needs \d+ MiB\. It fits: 1 GiB of 1 GiB are free\.$/)
      .waitFor();
    await visitor.screenshot('models-hosts');
    await expectClean(visitor);
  });

  it('come several at once, on a telephone as well, and can be loaded', async () => {
    registry.bytesPerSecond = SLOW;
    registry.holdAt = HELD_AT;
    const visitor = await site.visit({ path: '/models', width: 375, height: 700, scheme: 'dark' });
    const { page } = visitor;
    await startPull(page, names.two);
    await startPull(page, `${names.two}-that-is-not-there`);
    await item(page, `${names.two}-that-is-not-there`).getByRole('alert').waitFor();
    await item(page, names.two)
      .getByText(/^Fetching · 40 MiB of 94 MiB/)
      .waitFor();
    await visitor.screenshot('models-pulls-narrow');
    expect(await visitor.overflows()).toBe(false);
    expect(await visitor.violations()).toEqual([]);
    registry.holdAt = Number.POSITIVE_INFINITY;
    await button(page, `Dismiss ${names.two}-that-is-not-there`).click();
    await button(page, `Dismiss ${names.two}`).click();
    await button(page, `Load ${names.two}`).click();
    await item(page, names.two).getByText('In memory', { exact: true }).waitFor();
    expect(await ollama.residents()).toEqual([names.two]);
    await expectClean(visitor);
  }, 90_000);

  it('are removed from the Ollama after a confirmation', async () => {
    const visitor = await site.visit({ path: '/models' });
    const { page } = visitor;
    await item(page, names.two).getByText('In memory', { exact: true }).waitFor();
    await button(page, `Delete ${names.two}`).click();
    const dialog = page.getByRole('dialog', { name: `Delete ${names.two}?` });
    await dialog.getByText(`This removes it for good from ${host} and frees 94 MiB on disk.`).waitFor();
    await dialog.getByText('To have it again it must be pulled again.').waitFor();
    expect(await visitor.violations()).toEqual([]);
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await item(page, names.two).waitFor({ state: 'detached' });
    const tags = (await (await fetch(`${ollama.url}/api/tags`)).json()) as {
      models: { name: string }[];
    };
    expect(tags.models.map(({ name }) => name)).toEqual([`${names.one}:latest`]);
    await expectClean(visitor);
  }, 60_000);
});
