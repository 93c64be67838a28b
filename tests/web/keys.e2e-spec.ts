import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiKey, NewApiKey } from '@local-llm-agent/contracts';
import type { Page } from 'playwright-core';
import { until } from '../e2e/support/until.js';
import { Site, type Visit, type Visitor } from './support/site.js';

const ADMIN_KEY = 'an-admin-key-for-the-tests-of-keys';
/** What the browser says of requests that the gateway refused. */
const REFUSED = /(401 \(Unauthorized\)|403 \(Forbidden\)|400 \(Bad Request\))/;
const REVOKED_WITHIN_MS = 5000;

function dataFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'llm-agent-keys-'));
}

async function enterKey(page: Page, key: string): Promise<void> {
  await page.getByRole('button', { name: 'API key' }).click();
  await page.getByRole('textbox', { name: 'API key' }).fill(key);
  await page.getByRole('button', { name: 'Use this key' }).click();
}

/** The row of a key, by its name. */
function rowOf(page: Page, name: string) {
  return page.getByRole('row').filter({ has: page.getByText(name, { exact: true }) });
}

describe('the view of keys where there are none', () => {
  const data = dataFolder();
  let site: Site;
  beforeAll(async () => {
    site = await Site.open({ settings: { DATA_DIR: data } });
  }, 120_000);
  afterAll(async () => {
    await site.close();
    rmSync(data, { recursive: true });
  }, 60_000);

  it('explains what the first key changes, makes it, shows it once and goes on with it', async () => {
    const visitor = await site.visit({ path: '/keys', expected: REFUSED });
    const { page } = visitor;
    await page.getByText('From the first key on, every request needs one').waitFor();
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('keys-none-light');
    await page.getByRole('button', { name: 'Make the first key' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('radio', { name: 'admin' }).isChecked()).toBe(true);
    await dialog.getByRole('radio', { name: 'inference' }).check();
    await dialog.getByText('With a first key of this role nobody can manage keys here any more').waitFor();
    await visitor.screenshot('keys-first-form-light');
    await dialog.getByRole('radio', { name: 'admin' }).check();
    await dialog.getByRole('textbox', { name: 'Name' }).fill('root');
    await dialog.getByRole('button', { name: 'Make the key' }).click();

    await dialog.getByText('This is the only time that it is shown').waitFor();
    await dialog.getByText('From now on every request needs a key').waitFor();
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('keys-first-shown-light');
    const key = await dialog.getByTestId('new-key').textContent();
    expect(key).toMatch(/^lla_[a-z2-7]{10}_[\w-]{43}$/);
    await dialog.getByRole('button', { name: 'Copy the key' }).click();
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(key);
    const without = await fetch(`${site.system.gatewayUrl}/v1/models`);
    expect(without.status).toBe(401);
    await page.keyboard.press('Escape');
    expect(await dialog.isVisible()).toBe(true);

    await dialog.getByRole('button', { name: 'Use it in this page' }).click();
    await dialog.getByText('This page uses it now').waitFor();
    await dialog.getByRole('button', { name: 'I have kept it' }).click();
    await rowOf(page, 'root').getByText('used by this page').waitFor();
    expect(await page.getByText(key!).count()).toBe(0);
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });
});

describe('the view of keys', () => {
  const data = dataFolder();
  let site: Site;
  beforeAll(async () => {
    site = await Site.open({ settings: { DATA_DIR: data, ADMIN_KEY } });
  }, 120_000);
  afterAll(async () => {
    await site.close();
    rmSync(data, { recursive: true });
  }, 60_000);

  async function admin<T>(route: string, method: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${site.system.gatewayUrl}/admin/keys${route}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    expect(answer.ok).toBe(true);
    return (await answer.json()) as T;
  }

  const make = (terms: object): Promise<NewApiKey> => admin('', 'POST', terms);
  const read = (id: string): Promise<ApiKey> => admin(`/${id}`, 'GET');
  async function statusWith(key: string): Promise<number> {
    return (await fetch(`${site.system.gatewayUrl}/v1/models`, { headers: { 'x-api-key': key } })).status;
  }

  async function visit(more: Visit = {}): Promise<Visitor> {
    const visitor = await site.visit({ path: '/connect', expected: REFUSED, ...more });
    await visitor.page.evaluate(`sessionStorage.setItem('llm-agent-key', '${ADMIN_KEY}')`);
    await visitor.page.goto(`${site.system.gatewayUrl}/#/keys`);
    await visitor.page.reload();
    return visitor;
  }

  it('asks for a key, takes one at the top, and says that there are none yet', async () => {
    const visitor = await site.visit({ path: '/keys', expected: REFUSED });
    const { page } = visitor;
    await page.getByText('A key is needed').waitFor();
    expect(await visitor.violations()).toEqual([]);
    await enterKey(page, ADMIN_KEY);
    await page.getByText('No keys yet').waitFor();
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });

  it('makes a key with limits, all of them as they were filled in', async () => {
    const visitor = await visit();
    const { page } = visitor;
    await page.getByRole('button', { name: 'New key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('nightly');
    const models = dialog.getByRole('combobox', { name: 'Models' });
    await models.click();
    await page.getByRole('option', { name: 'smollm2', exact: true }).click();
    await models.fill('gemma3');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await dialog.getByRole('checkbox', { name: 'small' }).check();
    await dialog.getByRole('textbox', { name: 'Requests a minute' }).fill('20');
    await dialog.getByRole('textbox', { name: 'Tokens a minute' }).fill('0');
    await dialog.getByRole('textbox', { name: 'Requests at the same time' }).fill('2');
    await dialog.getByRole('textbox', { name: 'Tokens a month (UTC)' }).fill('5000000');
    await dialog.getByRole('button', { name: 'in 30 days' }).click();
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('keys-form-light');
    await dialog.getByRole('button', { name: 'Make the key' }).click();
    const key = (await dialog.getByTestId('new-key').textContent())!;
    await dialog.getByRole('button', { name: 'I have kept it' }).click();
    const row = rowOf(page, 'nightly');
    for (const text of ['20 requests/min', 'tokens/min: no limit', '2 at once', 'gemma3', 'small', 'inference'])
      await row.getByText(text, { exact: true }).waitFor();
    await row.getByText(/^expires in (29|30) days$/).waitFor();

    expect(await statusWith(key)).toBe(200);
    const { expiresAt, ...terms } = await read(key.split('_')[1]!);
    expect(terms).toMatchObject({
      name: 'nightly',
      role: 'inference',
      models: ['smollm2', 'gemma3'],
      tiers: ['small'],
      requestsPerMinute: 20,
      tokensPerMinute: 0,
      concurrency: 2,
      tokensPerMonth: 5_000_000,
    });
    expect(Math.abs(Date.parse(expiresAt!) - Date.now() - 30 * 86_400_000)).toBeLessThan(120_000);
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });

  it('says what is wrong before anything is sent', async () => {
    const visitor = await visit();
    const { page } = visitor;
    await page.getByRole('button', { name: 'New key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Ends' }).fill('2020-01-01T00:00');
    await dialog.getByRole('button', { name: 'Make the key' }).click();
    await dialog.getByText('A key needs a name.').waitFor();
    await dialog.getByText('This time is over already.').waitFor();
    await dialog.getByRole('textbox', { name: 'Name' }).fill('x'.repeat(101));
    await dialog.getByRole('button', { name: 'Make the key' }).click();
    await dialog.getByText('A name has at most 100 characters.').waitFor();
    expect(await page.evaluate<string>('document.activeElement.dataset.path')).toBe('name');
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('keys-form-errors-light');
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });

  it('puts an error of the gateway at the field that it names', async () => {
    const visitor = await visit();
    const { page } = visitor;
    // On the way another value takes the place of a good one, so that the gateway itself has to refuse it.
    await page.route('**/admin/keys', (route) =>
      route.request().method() === 'POST'
        ? route.continue({ postData: JSON.stringify({ name: 'late', models: ['gemma3', ''] }) })
        : route.continue(),
    );
    await page.getByRole('button', { name: 'New key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('late');
    await dialog.getByRole('button', { name: 'Make the key' }).click();
    await dialog.getByText('models[1] must be the name of a model').waitFor();
    const models = dialog.getByRole('combobox', { name: 'Models' });
    expect(await models.getAttribute('aria-invalid')).toBe('true');
    expect(await dialog.getByRole('alert').count()).toBe(0);
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });

  it('changes limits, and leaves all else as it is', async () => {
    const { id } = await make({ name: 'changing', requestsPerMinute: 5, expiresAt: '2099-01-01T00:00:30Z' });
    const visitor = await visit();
    const { page } = visitor;
    await page.getByRole('button', { name: 'Change changing' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Requests a minute' }).fill('');
    await dialog.getByRole('textbox', { name: 'Requests at the same time' }).fill('3');
    expect(await visitor.violations()).toEqual([]);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('changing is changed').waitFor();
    await rowOf(page, 'changing').getByText('3 at once').waitFor();
    expect(await read(id)).toMatchObject({
      name: 'changing',
      requestsPerMinute: null,
      concurrency: 3,
      expiresAt: '2099-01-01T00:00:30.000Z',
    });
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });

  it('rotates a key; the old one stays good for as long as was chosen', async () => {
    const { key: old } = await make({ name: 'turning' });
    const visitor = await visit();
    const { page } = visitor;
    await page.getByRole('button', { name: 'Rotate turning' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('The old key stays good').selectOption('for an hour');
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('keys-rotate-light');
    await dialog.getByRole('button', { name: 'Rotate' }).click();
    const fresh = (await dialog.getByTestId('new-key').textContent())!;
    expect([await statusWith(old), await statusWith(fresh)]).toEqual([200, 200]);
    await dialog.getByRole('button', { name: 'I have kept it' }).click();
    await rowOf(page, 'turning').getByText('The key before the last rotation is good until').waitFor();

    await page.getByRole('button', { name: 'Rotate turning' }).click();
    await dialog.getByLabel('The old key stays good').selectOption('not at all: it ends at once');
    await dialog.getByRole('button', { name: 'Rotate' }).click();
    const last = (await dialog.getByTestId('new-key').textContent())!;
    expect([await statusWith(fresh), await statusWith(last)]).toEqual([401, 200]);
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });

  it('offers the new key to the page when it rotates the one that the page uses', async () => {
    const { key } = await make({ name: 'operator', role: 'admin' });
    const visitor = await site.visit({ path: '/keys', expected: REFUSED });
    const { page } = visitor;
    await enterKey(page, key);
    await page.getByRole('button', { name: 'Rotate operator' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('The old key stays good').selectOption('not at all: it ends at once');
    await dialog.getByRole('button', { name: 'Rotate' }).click();
    await dialog.getByText('This page used the old key').waitFor();
    await dialog.getByRole('button', { name: 'Use it in this page' }).click();
    await dialog.getByRole('button', { name: 'I have kept it' }).click();
    await rowOf(page, 'operator').getByText('used by this page').waitFor();
    await page.getByRole('button', { name: 'Revoke operator' }).click();
    await dialog.getByText('This page uses this key itself').waitFor();
    await dialog.getByText('It is the last key of the role admin').waitFor();
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('keys-revoke-light');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });

  it('revokes a key once that is confirmed', async () => {
    const { key } = await make({ name: 'leaving' });
    const visitor = await visit();
    const { page } = visitor;
    await page.getByRole('button', { name: 'Revoke leaving' }).click();
    const dialog = page.getByRole('dialog', { name: 'Revoke leaving for good?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(await statusWith(key)).toBe(200);
    await page.getByRole('button', { name: 'Revoke leaving' }).click();
    await dialog.getByRole('button', { name: 'Revoke', exact: true }).click();
    await page.getByText('leaving is revoked').waitFor();
    await rowOf(page, 'leaving').getByText('revoked', { exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Revoke leaving' }).count()).toBe(0);
    await until('the key is refused', async () => (await statusWith(key)) === 401, REVOKED_WITHIN_MS);
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });

  it('shows how each key is', async () => {
    const { id } = await make({ name: 'over' });
    await admin(`/${id}`, 'PATCH', { expiresAt: '2020-01-01T00:00:00Z' });
    await make({ name: 'ending', expiresAt: new Date(Date.now() + 3.5 * 86_400_000).toISOString() });
    const { key } = await make({ name: 'busy' });
    expect(await statusWith(key)).toBe(200);
    const { page } = await visit();
    await rowOf(page, 'busy')
      .getByText(/^(this minute|1 minute ago)$/)
      .waitFor();
    await rowOf(page, 'ending').getByText('never used').waitFor();
    await rowOf(page, 'over').getByText('expired').waitFor();
    await rowOf(page, 'ending').getByText('expires in 3 days').waitFor();
    await rowOf(page, 'turning').getByText('active').waitFor();
    await rowOf(page, 'leaving').getByText('revoked').waitFor();
    await page.context().close();
  });

  it('is closed to a key that may only use models, and says so', async () => {
    const { key } = await make({ name: 'plain' });
    const visitor = await site.visit({ path: '/keys', expected: REFUSED });
    const { page } = visitor;
    await enterKey(page, key);
    await page.getByText('Your key may not do this').waitFor();
    await page.getByText('it needs a key of the role admin').waitFor();
    expect(await page.getByRole('button', { name: 'New key' }).count()).toBe(0);
    expect(await visitor.violations()).toEqual([]);
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });

  it.each([
    { name: 'light', scheme: 'light', width: 1280, language: 'en', create: 'New key' },
    { name: 'dark', scheme: 'dark', width: 1280, language: 'en', create: 'New key' },
    { name: 'narrow', scheme: 'light', width: 375, language: 'en', create: 'New key' },
    { name: 'spanish', scheme: 'dark', width: 375, language: 'es', create: 'Nueva clave' },
  ] as const)('can be used by everybody: $name', async ({ name, scheme, width, language, create }) => {
    const visitor = await visit({ scheme, width, language });
    const { page } = visitor;
    await page.getByText('nightly', { exact: true }).waitFor();
    expect([await visitor.violations(), await visitor.overflows()]).toEqual([[], false]);
    await visitor.screenshot(`keys-${name}`);
    await page.getByRole('button', { name: create }).press('Enter');
    await page.getByRole('dialog').waitFor();
    expect([await visitor.violations(), await visitor.overflows()]).toEqual([[], false]);
    await visitor.screenshot(`keys-form-${name}`);
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });
});
