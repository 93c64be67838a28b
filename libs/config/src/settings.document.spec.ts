import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseCatalog } from './catalog.parse.js';
import { envExample, settingsTable } from './settings.document.js';
import { loadSettings } from './settings.load.js';
import { SETTINGS } from './settings.table.js';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

/** The variables of a text as a shell would read them, commented ones included. */
function variables(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^#([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]));
}

/** A Markdown table without the padding of its columns. */
function unaligned(table: string): string {
  return table.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
}

describe('what is written about the settings', () => {
  it('is in .env.example as the table says', () => {
    expect(read('.env.example')).toBe(envExample());
  });

  it('names every setting once, each with a default that can be read', () => {
    const given = variables(read('.env.example'));
    expect(Object.keys(given)).toEqual(Object.keys(SETTINGS));
    expect(loadSettings(given)).toEqual(loadSettings({}));
  });

  it('is in the configuration page as the table says', () => {
    const [, between] =
      /<!-- settings: begin -->\n([^]*)\n<!-- settings: end -->/.exec(read('docs/configuration.md')) ?? [];
    expect(unaligned(between?.trim() ?? '')).toBe(unaligned(settingsTable()));
  });

  it('has one full sentence for each setting, without what would break the table', () => {
    for (const { meaning } of Object.values(SETTINGS)) expect(meaning).toMatch(/^[^|\n]+\.$/);
  });
});

describe('the configuration page', () => {
  const page = read('docs/configuration.md');

  it('shows a catalog that can be used', () => {
    const [, example] = /```yaml\n([^]*?)```/.exec(page) ?? [];
    const catalog = parseCatalog(example ?? '', 'docs/configuration.md');
    expect(catalog.models.map((model) => model.id)).toEqual(['gpt-oss:20b', 'gemma3']);
  });

  it('explains every field of a catalog, and no other', () => {
    const yaml = 'models: [{ id: a, adapters: [{ id: b, system: c }] }]';
    const { tiers, models, uncatalogued } = parseCatalog(yaml, 'test');
    const values = ['defaults.maxTokens', 'defaults.temperature', 'defaults.topP'];
    const fieldsOf = (item: object): string[] =>
      Object.keys(item).flatMap((field) => (field === 'defaults' ? values : [field]));
    const fields = [
      ...Object.keys(tiers.small),
      ...fieldsOf(models[0]!),
      ...fieldsOf(models[0]!.adapters[0]!),
      ...Object.keys(uncatalogued),
    ];
    const afterSettings = page.slice(page.indexOf('## Model catalog'));
    const explained = [...afterSettings.matchAll(/^\| `([\w.]+)` +\|/gm)].map((match) => match[1]);
    expect(explained).toEqual(fields);
  });
});
