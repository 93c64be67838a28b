import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import type { NewApiKey } from '@local-llm-agent/contracts';
import { SHORT_CHAT, postChat } from '../e2e/support/chat.js';
import { until } from '../e2e/support/until.js';
import { Site, type Visitor } from './support/site.js';

/** Room for one of the two models, see memory.e2e-spec.ts. */
const MEMORY_BUDGET = '350MiB';
const CATALOG = `
uncatalogued: { contextLength: 2048, parallel: 1 }
models:
  - id: smollm2
    aliases: [tiny]
    tier: small
    description: A small demo model
    contextLength: 2048
    parallel: 1
    adapters: [{ id: terse, system: Answer briefly. }]
  - { id: 'gpt-oss:20b', description: A large one, fallbacks: [smollm2] }
`;
const ADMIN_KEY = 'an-admin-key-for-this-test-only';

const card = (page: Page, name: string): Locator =>
  page.getByRole('listitem').filter({ has: page.getByRole('heading', { level: 3, name, exact: true }) });

const button = (page: Page, name: string): Locator => page.getByRole('button', { name, exact: true });

async function names(page: Page): Promise<readonly string[]> {
  return page.getByRole('list', { name: 'List of models' }).getByRole('heading', { level: 3 }).allTextContents();
}

async function expectClean(visitor: Visitor): Promise<void> {
  expect(await visitor.violations()).toEqual([]);
  expect(visitor.faults).toEqual([]);
  await visitor.page.context().close();
}

describe('the view of models', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open({ models: ['smollm2', 'twin'], catalog: CATALOG, settings: { MEMORY_BUDGET } });
  }, 120_000);
  afterAll(() => site.close(), 60_000);

  // A test that fails must not be the reason why the next ones do.
  beforeEach(async () => {
    for (const model of ['smollm2', 'twin']) await site.system.post(`/admin/models/${model}/unpin`, {});
  });

  const change = async (model: string, what: string): Promise<void> => {
    const { status } = await site.system.post(`/admin/models/${model}/${what}`, {});
    expect([model, what, status]).toEqual([model, what, 200]);
  };

  it('has installed, catalog and resident models in one list, to be searched and filtered', async () => {
    const visitor = await site.visit({ path: '/models' });
    const { page } = visitor;
    await card(page, 'smollm2').waitFor();
    expect(await names(page)).toEqual(['smollm2', 'twin', 'gpt-oss:20b']);
    await card(page, 'gpt-oss:20b').getByText('Until it is installed, smollm2 answers for it.').waitFor();

    await page.getByText('Not installed (1)', { exact: true }).click();
    expect(await names(page)).toEqual(['gpt-oss:20b']);
    await page.getByText('All (3)', { exact: true }).click();
    await page.getByRole('searchbox', { name: 'Search' }).fill('tiny');
    expect(await names(page)).toEqual(['smollm2']);
    await page.getByRole('searchbox', { name: 'Search' }).fill('nothing like this');
    await page.getByText('No model is like that').waitFor();
    expect(await visitor.violations()).toEqual([]);
    await button(page, 'Show all models').click();
    expect(await names(page)).toHaveLength(3);
    await expectClean(visitor);
  });

  it('tells size, memory, context, slots, tier, names, adapters and abilities of a model', async () => {
    const visitor = await site.visit({ path: '/models' });
    const { page } = visitor;
    const shown = card(page, 'smollm2');
    for (const text of ['94 MiB', '2,048 tokens', '1 request', 'tier small', 'embedded', 'Q4_1', '134.52M'])
      await shown.getByText(text, { exact: true }).waitFor();
    await shown.getByText(/^Needs \d+ MiB\. It fits: 350 MiB of 350 MiB are free\.$/).waitFor();
    await page.getByText('0 MiB of 350 MiB taken by models, 350 MiB free').waitFor();
    await button(page, 'Details of smollm2').click();
    for (const text of ['tiny', 'smollm2:terse', 'llama', 'gguf'])
      await shown.getByText(text, { exact: true }).waitFor();
    await shown.getByText(/^chat(, |$)/).waitFor();
    await visitor.screenshot('models-details');
    await expectClean(visitor);
  });

  it('loads a model and shows how long it still takes, as it goes on', async () => {
    const visitor = await site.visit({ path: '/models' });
    const { page } = visitor;
    await button(page, 'Load smollm2').click();
    await until('its process is there', () => site.system.modelProcesses().length > 0, 20_000);
    // A load of this model is over in a moment; it is held to be looked at.
    const [pid = 0] = site.system.modelProcesses();
    process.kill(pid, 'SIGSTOP');
    try {
      await card(page, 'smollm2')
        .getByText(/^Loading, (about \d+ s left|it takes longer than usual)$/)
        .waitFor();
      await page.getByRole('progressbar', { name: 'Load of smollm2' }).waitFor();
      await card(page, 'smollm2').getByText('Loading', { exact: true }).waitFor();
      await card(page, 'smollm2').getByText('Loading, it takes longer than usual').waitFor();
      await visitor.screenshot('models-loading');
      expect(await visitor.violations()).toEqual([]);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await card(page, 'smollm2').getByText('In memory', { exact: true }).waitFor();
    await page.getByText(/^smollm2 is in memory after [\d.]+ s\.$/).waitFor();
    await card(page, 'smollm2')
      .getByText(/idle since .* leaves when its memory is needed$/)
      .waitFor();
    await page.getByText(/^\d+ MiB of 350 MiB taken by models, \d+ MiB free$/).waitFor();
    await expectClean(visitor);
  }, 60_000);

  it('says who would have to leave for a model, and lets it leave once that is confirmed', async () => {
    await change('smollm2', 'load');
    const visitor = await site.visit({ path: '/models' });
    const { page } = visitor;
    await card(page, 'twin')
      .getByText(/^Needs \d+ MiB, \d+ MiB of 350 MiB are free\. smollm2 would have to leave\.$/)
      .waitFor();
    await visitor.screenshot('models-light');
    expect(await visitor.violations()).toEqual([]);
    await button(page, 'Load twin').click();
    const dialog = page.getByRole('dialog', { name: 'Load twin?' });
    await dialog.getByText(/^smollm2 would have to leave memory for it\./).waitFor();
    await visitor.screenshot('models-load-dialog');
    expect(await visitor.violations()).toEqual([]);
    await button(page, 'Load, and let it leave').click();
    await card(page, 'twin').getByText('In memory', { exact: true }).waitFor();
    await card(page, 'smollm2')
      .getByText(/ twin would have to leave\.$/)
      .waitFor();
    expect(await names(page)).toEqual(['twin', 'smollm2', 'gpt-oss:20b']);
    await expectClean(visitor);
  }, 60_000);

  it('keeps a model in memory, says what that means for others, and lets it go again', async () => {
    await change('twin', 'load');
    const visitor = await site.visit({ path: '/models' });
    const { page } = visitor;
    await button(page, 'Pin twin').click();
    await page.getByText('twin stays in memory from now on.').waitFor();
    await card(page, 'twin')
      .getByText(/stays until it is unpinned$/)
      .waitFor();
    await card(page, 'twin').getByText('Unpin it to unload or delete it.').waitFor();
    expect(await button(page, 'Unload twin').isDisabled()).toBe(true);
    await card(page, 'smollm2')
      .getByText(/ twin is pinned and in the way: unpin it first\.$/)
      .waitFor();
    expect(await button(page, 'Load smollm2').isDisabled()).toBe(true);
    await visitor.screenshot('models-pinned');
    expect(await visitor.violations()).toEqual([]);

    await button(page, 'Unpin twin').click();
    await page.getByText('twin may leave again when its memory is needed.').waitFor();
    await button(page, 'Unload twin').click();
    await page.getByText('twin has left memory.').waitFor();
    await card(page, 'twin').getByText('Installed', { exact: true }).waitFor();
    expect(site.system.modelProcesses()).toEqual([]);
    await button(page, 'Pin smollm2').click();
    await page.getByText('smollm2 will stay once it is in memory. Pinning does not load it.').waitFor();
    await card(page, 'smollm2').getByText('Once in memory, it stays until it is unpinned.').waitFor();
    await button(page, 'Unpin smollm2').click();
    await button(page, 'Pin smollm2').waitFor();
    await expectClean(visitor);
  }, 60_000);

  it('follows what others do with the models', async () => {
    await change('twin', 'unload');
    const visitor = await site.visit({ path: '/models' });
    const { page } = visitor;
    await card(page, 'twin').getByText('Installed', { exact: true }).waitFor();
    expect((await postChat(site.system.gatewayUrl, { ...SHORT_CHAT, model: 'twin' })).status).toBe(200);
    await card(page, 'twin').getByText('In memory', { exact: true }).waitFor();
    await change('twin', 'unload');
    await card(page, 'twin').getByText('Installed', { exact: true }).waitFor();
    await expectClean(visitor);
  }, 60_000);

  it('says how to add a model where nothing can be pulled', async () => {
    const visitor = await site.visit({ path: '/models' });
    const { page } = visitor;
    await button(page, 'Add a model').click();
    const dialog = page.getByRole('dialog', { name: 'How to add a model here' });
    await dialog.getByText(/Put a GGUF file into the folder MODELS_DIR of the engine/).waitFor();
    await dialog.getByText(`OLLAMA_HOST=${site.system.gatewayUrl} ollama create NAME -f Modelfile`).waitFor();
    await visitor.screenshot('models-add-embedded');
    expect(await visitor.violations()).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await expectClean(visitor);
  });

  it.each([
    { name: 'dark', visit: { scheme: 'dark' } },
    { name: 'narrow', visit: { width: 375, height: 700 } },
    { name: 'spanish', visit: { language: 'es' } },
    { name: 'narrow-dark-spanish', visit: { width: 375, height: 700, scheme: 'dark', language: 'es' } },
  ] as const)('can be read: $name', async ({ name, visit }) => {
    await change('smollm2', 'load');
    const visitor = await site.visit({ path: '/models', ...visit });
    const { page } = visitor;
    await card(page, 'twin')
      .getByText(/smollm2 would have to leave|Tendría que salir smollm2/)
      .waitFor();
    await page.getByRole('button', { name: /^(Details of|Detalles de) smollm2$/ }).click();
    await card(page, 'smollm2').getByText('smollm2:terse').waitFor();
    await visitor.screenshot(`models-${name}`);
    expect(await visitor.overflows()).toBe(false);
    await expectClean(visitor);
  });

  it('can be used by keyboard alone', async () => {
    await change('smollm2', 'unload');
    const visitor = await site.visit({ path: '/models' });
    const { page } = visitor;
    await button(page, 'Load smollm2').press('Enter');
    await button(page, 'Unload smollm2').waitFor();
    await page.getByRole('radio', { name: 'All (3)' }).focus();
    await page.keyboard.press('ArrowRight');
    // The input itself is not to be seen, its label is.
    await page.getByRole('radio', { name: 'In memory (1)', checked: true }).waitFor({ state: 'attached' });
    expect(await names(page)).toEqual(['smollm2']);
    // While it loads it cannot be deleted, and a key pressed on a disabled button is lost.
    const remove = page.getByRole('button', { name: 'Delete smollm2', disabled: false });
    await remove.waitFor();
    await remove.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Delete smollm2?' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await expectClean(visitor);
  });

  it('deletes a model after a confirmation that says what is lost', async () => {
    await change('twin', 'load');
    const visitor = await site.visit({ path: '/models' });
    const { page } = visitor;
    await card(page, 'twin').getByText('In memory', { exact: true }).waitFor();
    await button(page, 'Delete twin').click();
    const dialog = page.getByRole('dialog', { name: 'Delete twin?' });
    await dialog.getByText('This removes it for good from embedded and frees 94 MiB on disk.').waitFor();
    await dialog.getByText('It is in memory now and leaves first.').waitFor();
    await visitor.screenshot('models-delete-dialog');
    expect(await visitor.violations()).toEqual([]);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(await names(page)).toContain('twin');
    await button(page, 'Delete twin').click();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('twin was deleted.').waitFor();
    await card(page, 'twin').waitFor({ state: 'detached' });
    const list = (await (await fetch(`${site.system.gatewayUrl}/api/tags`)).json()) as { models: { name: string }[] };
    expect(list.models.map(({ name }) => name)).not.toContain('twin:latest');
    await expectClean(visitor);
  }, 60_000);

  it('says so when the engine is gone, keeps what was known, and recovers by itself', async () => {
    const visitor = await site.visit({ path: '/models', expected: /Failed to load resource/ });
    const { page } = visitor;
    await card(page, 'smollm2').waitFor();
    await page.getByText(/of 350 MiB taken by models/).waitFor();
    await site.system.engine.stop();
    await page
      .getByRole('alert')
      .getByText(/inference engine/)
      .waitFor();
    await page.getByText('What you see below may be old.').waitFor();
    await card(page, 'smollm2').waitFor();
    await visitor.screenshot('models-engine-gone');
    expect(await visitor.violations()).toEqual([]);
    await site.system.startEngineAgain();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await expectClean(visitor);
  }, 60_000);
});

describe('the view of models where keys are on', () => {
  let folder: string;
  let site: Site;
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'llm-agent-models-'));
    site = await Site.open({ catalog: CATALOG, settings: { ADMIN_KEY, DATA_DIR: folder } });
  }, 120_000);
  afterAll(async () => {
    await site.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  async function enterKey(page: Page, key: string): Promise<void> {
    await page.getByRole('button', { name: /^(API key|Your key is set)$/ }).click();
    await page.getByRole('textbox', { name: 'API key' }).fill(key);
    await button(page, 'Use this key').click();
  }

  it('asks for a key, shows a user the models and what an admin key adds, and an admin everything', async () => {
    const made = await site.system.post(
      '/admin/keys',
      { name: 'ada' },
      { headers: { authorization: `Bearer ${ADMIN_KEY}` } },
    );
    const { key } = (await made.json()) as NewApiKey;
    const visitor = await site.visit({ path: '/models', expected: /Failed to load resource.*40[13]/ });
    const { page } = visitor;
    await page.getByRole('alert').getByText('A key is needed').waitFor();
    expect(await page.getByRole('alert').count()).toBe(1);

    await enterKey(page, key);
    await page.getByText('smollm2:terse', { exact: true }).waitFor();
    await page.getByText('embedded · 94 MiB · 134.52M · llama · Q4_1').first().waitFor();
    await page.getByText('embedded · answered by smollm2').first().waitFor();
    await page.getByText('What an admin key would add').waitFor();
    expect(await page.getByRole('button', { name: /^Load / }).count()).toBe(0);
    await visitor.screenshot('models-member');
    expect(await visitor.violations()).toEqual([]);

    await enterKey(page, ADMIN_KEY);
    await button(page, 'Load smollm2').waitFor();
    await expectClean(visitor);
  });
});
