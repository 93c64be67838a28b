import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Route } from 'playwright-core';
import { until } from '../e2e/support/until.js';
import { OTHER_NAME, Site } from './support/site.js';

const DIST = fileURLToPath(new URL('../../apps/web-ui/dist/', import.meta.url));
/** A browser that was told to keep nothing of this site, as Chromium does it. */
const KEEPS_NOTHING = ['localStorage', 'sessionStorage', 'indexedDB']
  .map(
    (name) =>
      `Object.defineProperty(window, '${name}', { get() { throw new DOMException('denied', 'SecurityError'); } });`,
  )
  .join('');
const GONE_VIEW = '**/assets/models.page-*.js';
const FIRST_PAINT_BYTES = 300_000;
const VIEWS = { '/': 'Chat', '/models': 'Models', '/activity': 'Activity', '/keys': 'Keys', '/connect': 'Connect' };

describe('the page', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open({ settings: { ALLOWED_HOSTS: OTHER_NAME } });
  }, 120_000);
  afterAll(() => site.close(), 60_000);

  it('is for browsers; programs get JSON at the same address', async () => {
    const html = await fetch(site.system.gatewayUrl, { headers: { accept: 'text/html' } });
    const json = await fetch(site.system.gatewayUrl);
    expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(html.headers.get('vary')).toMatch(/accept/i);
    expect(json.headers.get('content-type')).toMatch(/^application\/json/);
    expect(json.headers.get('vary')).toMatch(/accept/i);
  });

  it('may run nothing from elsewhere, and each answer has a number of its own', async () => {
    const ask = async () => fetch(site.system.gatewayUrl, { headers: { accept: 'text/html' } });
    const [one, two] = [await ask(), await ask()];
    const nonceOf = (response: Response) =>
      /'nonce-([^']+)'/.exec(response.headers.get('content-security-policy') ?? '')?.[1];
    expect(nonceOf(one)).toMatch(/^.{20,}$/);
    expect(nonceOf(one)).not.toBe(nonceOf(two));
    expect(await one.text()).toContain(`content="${nonceOf(one)}"`);
    expect(one.headers.get('cache-control')).toBe('no-store');
  });

  it('keeps its files in the cache for good, and says so when one is gone', async () => {
    const file = readdirSync(`${DIST}assets`).find((name) => name.endsWith('.js'));
    const found = await fetch(`${site.system.gatewayUrl}/assets/${file}`, { headers: { 'accept-encoding': 'br' } });
    expect([found.status, found.headers.get('cache-control')]).toEqual([200, 'public,max-age=31536000,immutable']);
    const gone = await fetch(`${site.system.gatewayUrl}/assets/gone.js`);
    expect([gone.status, gone.headers.get('cache-control')]).toEqual([404, null]);
  });

  it('is painted from less than 300 kB as they are sent', () => {
    const document = readFileSync(`${DIST}index.html`, 'utf8');
    const names = [...document.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g)].map(([, name]) => name!);
    expect(names.length).toBeGreaterThan(1);
    // The smallest are sent as they are.
    const sizeOf = (name: string) =>
      statSync(existsSync(`${DIST}${name}.gz`) ? `${DIST}${name}.gz` : `${DIST}${name}`).size;
    const bytes = names.reduce((sum, name) => sum + sizeOf(name), 0);
    expect(bytes).toBeLessThan(FIRST_PAINT_BYTES);
  });

  it.each(['light', 'dark'] as const)('shows each view by a click of the menu, in %s', async (scheme) => {
    const visitor = await site.visit({ scheme });
    const { page } = visitor;
    for (const name of Object.values(VIEWS)) {
      await page.getByRole('navigation').getByRole('link', { name }).click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
      expect([name, await visitor.violations()]).toEqual([name, []]);
    }
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });

  it('speaks the language of the browser, and another one when it is told to', async () => {
    const visitor = await site.visit({ language: 'es' });
    const { page } = visitor;
    await page.getByRole('link', { name: 'Modelos' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('es');
    await page.getByRole('button', { name: 'Idioma' }).click();
    await page.getByRole('menuitem', { name: 'English' }).click();
    await page.getByRole('link', { name: 'Models' }).waitFor();
    await page.reload();
    await page.getByRole('link', { name: 'Models' }).waitFor();
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });

  it('can be used on a telephone and by keyboard alone', async () => {
    const visitor = await site.visit({ width: 375, height: 700 });
    const { page } = visitor;
    await page.getByRole('heading', { level: 1, name: 'Chat' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.getByRole('button', { name: 'Open the menu' }).press('Enter');
    await page.getByRole('link', { name: 'Models' }).press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
    expect(await visitor.overflows()).toBe(false);
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });

  it('copies also where it comes over plain HTTP from another machine', async () => {
    const origin = site.system.gatewayUrl.replace('127.0.0.1', OTHER_NAME);
    const { page, faults } = await site.visit({ path: '/connect', origin, expected: /Cross-Origin-Opener-Policy/ });
    await page.getByRole('button', { name: 'Copy the address' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    await page.getByRole('button', { name: 'API key' }).click();
    const field = page.getByRole('dialog').getByLabel('API key');
    await field.press('Control+V');
    await until('the address is in the field', async () => (await field.inputValue()).includes(origin));
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('works in a browser that keeps nothing, and says what that means', async () => {
    const { page, faults } = await site.visit({ before: KEEPS_NOTHING });
    await page.getByText('This browser keeps no conversations').waitFor();
    await page.getByRole('button', { name: 'API key' }).click();
    await page.getByRole('dialog').getByLabel('API key').fill('sk-some-key');
    await page.getByRole('checkbox', { name: 'Remember it in this browser' }).check();
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByRole('button', { name: 'Your key is set' }).waitFor();
    for (const name of ['Models', 'Activity', 'Connect', 'Chat']) {
      await page.getByRole('navigation').getByRole('link', { name }).click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
    }
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it('fetches itself anew where a view is gone because the gateway has another page by now; what was written stays', async () => {
    const { page } = await site.visit({ expected: /./ });
    const { gatewayUrl } = site.system;
    await page.getByRole('textbox', { name: 'Message' }).fill('half a question');
    let gone = true;
    await page.route(GONE_VIEW, (route) => (gone ? route.fulfill({ status: 404 }) : route.continue()));
    const link = page.getByRole('navigation').getByRole('link', { name: 'Models' });
    await link.click();
    await page.getByText('This view could not be fetched').waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Chat' }).click();
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    const otherPage = async (route: Route): Promise<void> => {
      const answer = await route.fetch();
      const body = (await answer.text()).replace(/\/assets\/index-[^"]+\.js/, '/assets/index-other.js');
      gone = false;
      await route.fulfill({ response: answer, body });
    };
    await page.route(`${gatewayUrl}/`, otherPage, { times: 1 });
    const reloaded = page.waitForEvent('load');
    await link.click();
    await reloaded;
    await page.getByRole('heading', { level: 1, name: 'Models' }).waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Chat' }).click();
    expect(await page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('half a question');
    await page.context().close();
  });

  it('says how the system is', async () => {
    const { page } = await site.visit();
    await page.getByRole('status', { name: 'Everything works' }).waitFor();
    await page.context().close();
  });
});
