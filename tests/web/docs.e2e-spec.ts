import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Site } from './support/site.js';

describe('the documentation of the API', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.open();
  }, 120_000);
  afterAll(() => site.close(), 60_000);

  it('works in a browser under the rules that it comes with, and asks the gateway', async () => {
    const visitor = await site.visit();
    const { page } = visitor;
    await page.goto(`${site.system.gatewayUrl}/docs`);
    await page.getByRole('heading', { name: /Local LLM Agent/ }).waitFor();
    await page.locator('.opblock-summary-path', { hasText: '/health/live' }).first().click();
    await page.getByRole('button', { name: 'Try it out' }).click();
    await page.getByRole('button', { name: 'Execute' }).click();
    await page.locator('.live-responses-table .response-col_status', { hasText: '200' }).first().waitFor();
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });
});
