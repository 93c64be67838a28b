import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Page } from 'playwright-core';
import { Program } from '../e2e/support/program.js';
import { until } from '../e2e/support/until.js';
import { Site, type Visitor } from './support/site.js';
import { SnippetFolder } from './support/snippet-run.js';

const ADMIN_KEY = 'an-admin-key-for-the-tests-of-snippets';
const PYTHON = process.env['TEST_PYTHON'];
const OLLAMA = process.env['TEST_OLLAMA_COMMAND'];
const withPython = PYTHON ? it : it.skip;
const withOllama = OLLAMA ? it : it.skip;
const noPython = PYTHON ? '' : ' (skipped where there is no python3)';
const noOllama = OLLAMA ? '' : ' (skipped where there is no ollama)';
/** Without the settings of whoever runs the tests; the first failure ends it. */
const PLAIN_SHELL = ['--noprofile', '--norc', '-ec'];
const PROXY = 'http://127.0.0.1:11435';
const GROUPS = ['OpenAI', 'Responses', 'Anthropic', 'Ollama', 'LangChain', 'MCP'];
/** What the browser says of the requests that were refused before there was a key. */
const REFUSED = /401 \(Unauthorized\)/;

let site: Site;
const data = mkdtempSync(path.join(tmpdir(), 'llm-agent-keys-'));
beforeAll(async () => {
  site = await Site.open({ settings: { ADMIN_KEY, DATA_DIR: data } });
}, 120_000);
afterAll(async () => {
  await site.close();
  rmSync(data, { recursive: true });
}, 60_000);

async function enterKey(page: Page, key: string): Promise<void> {
  await page.getByRole('button', { name: 'API key' }).click();
  await page.getByRole('textbox', { name: 'API key' }).fill(key);
  await page.getByRole('button', { name: 'Use this key' }).click();
}

/** Text that was copied by the button of this name, in the tab of its family. */
async function copied(page: Page, group: string, title: string): Promise<string> {
  await page.getByRole('tab', { name: group }).click();
  await page.getByRole('button', { name: `Copy the code: ${group}, ${title}` }).click();
  return page.evaluate<string>('navigator.clipboard.readText()');
}

describe('the snippets, copied from the page and run as they stand with a key', () => {
  let key: string;
  let visitor: Visitor;
  let page: Page;
  let terminal: SnippetFolder;
  beforeAll(async () => {
    const made = await site.system.post(
      '/admin/keys',
      { name: 'snippets' },
      { headers: { authorization: `Bearer ${ADMIN_KEY}` } },
    );
    ({ key } = (await made.json()) as { key: string });
    terminal = new SnippetFolder();
    visitor = await site.visit({ path: '/connect', expected: REFUSED });
    page = visitor.page;
    await enterKey(page, key);
    await page.getByText('The one of this page').waitFor();
  }, 60_000);
  afterAll(() => {
    terminal.remove();
  });

  const node = (code: string): Promise<string> => terminal.execute('node', [terminal.write('snippet.mjs', code)]);
  const python = (code: string): Promise<string> =>
    terminal.execute(PYTHON ?? '', [terminal.write('snippet.py', code)]);
  const bash = (code: string): Promise<string> => terminal.execute('bash', [...PLAIN_SHELL, code]);

  withPython.each([
    ['OpenAI', 'Python'],
    ['Responses', 'Python'],
    ['Anthropic', 'Python'],
    ['Ollama', 'Python'],
    ['LangChain', 'ChatOpenAI'],
    ['LangChain', 'ChatOllama'],
  ])(`%s, %s${noPython}`, async (group, title) => {
    expect((await python(await copied(page, group, title))).trim()).toMatch(/\w/);
  });

  withPython(`embeddings of LangChain${noPython}`, async () => {
    expect(await python(await copied(page, 'LangChain', 'OpenAIEmbeddings'))).toBe('576\n');
  });

  it.each([
    ['OpenAI', 'JavaScript'],
    ['Responses', 'JavaScript'],
    ['Anthropic', 'JavaScript'],
    ['Ollama', 'JavaScript'],
    ['MCP', 'JavaScript'],
  ])('%s, %s', async (group, title) => {
    expect((await node(await copied(page, group, title))).trim()).toMatch(/\w/);
  });

  it('curl', async () => {
    const answer = JSON.parse(await bash(await copied(page, 'OpenAI', 'curl'))) as unknown;
    expect(answer).toMatchObject({ object: 'chat.completion', model: 'smollm2' });
  });

  it('the variables that programs with a package of OpenAI read', async () => {
    const program = "import OpenAI from 'openai'; console.log((await new OpenAI().models.list()).data.length);";
    const file = terminal.write('program.mjs', program);
    const variables = await copied(page, 'OpenAI', 'OPENAI_BASE_URL');
    expect(Number(await bash(`${variables}\nnode ${file}`))).toBeGreaterThan(0);
  });

  it('the variables of Claude Code, read by the package of Anthropic that it is built on', async () => {
    const program = `
      import Anthropic from '@anthropic-ai/sdk';
      const { ANTHROPIC_MODEL: model, ANTHROPIC_DEFAULT_HAIKU_MODEL: small } = process.env;
      for (const each of [model, small]) {
        const message = await new Anthropic().messages.create({
          model: each, max_tokens: 8, messages: [{ role: 'user', content: 'Hi' }],
        });
        console.log(message.type);
      }`;
    terminal.addCommand('claude', `node ${terminal.write('claude.mjs', program)}`);
    expect(await bash(await copied(page, 'Anthropic', 'Claude Code'))).toBe('message\nmessage\n');
  });

  withOllama(`the ollama command, through the proxy that adds the key${noOllama}`, async () => {
    terminal.addCommand('ollama', `${OLLAMA ?? ''} "$@"`);
    const file = terminal.write('proxy.mjs', await copied(page, 'Ollama', 'proxy.mjs'));
    const proxy = new Program('proxy', [process.execPath, file], {});
    try {
      await proxy.ready(`${PROXY}/health/live`);
      expect((await bash(await copied(page, 'Ollama', 'ollama'))).trim()).toMatch(/\w/);
    } finally {
      await proxy.stop();
    }
  });

  it('the configuration of MCP clients', async () => {
    const { mcpServers } = JSON.parse(await copied(page, 'MCP', 'mcp.json')) as {
      mcpServers: Record<string, { type: string; url: string; headers: Record<string, string> }>;
    };
    const { type, url, headers } = mcpServers['local-llm']!;
    expect(type).toBe('http');
    const client = new Client({ name: 'test', version: '1.0.0' });
    await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('chat');
    await client.close();
  });

  it('hide the key until it is asked for', async () => {
    await page.getByRole('tab', { name: 'OpenAI' }).click();
    const code = page.getByTestId('code-openai-python');
    expect(await code.textContent()).not.toContain(key);
    expect(await code.textContent()).toContain(`${key.slice(0, 14)}_••••`);
    await page.getByRole('switch', { name: 'Show the key' }).click();
    expect(await code.textContent()).toContain(key);
    await page.getByRole('switch', { name: 'Show the key' }).click();
    expect(await code.textContent()).not.toContain(key);
  });

  it('take the model that is chosen, from those that the key may use', async () => {
    await page.getByRole('combobox', { name: 'Model' }).click();
    await page.getByRole('option', { name: 'gpt-oss-20b', exact: true }).click();
    expect(await copied(page, 'OpenAI', 'Python')).toContain('model="gpt-oss-20b"');
    expect(await copied(page, 'MCP', 'JavaScript')).toContain('model: "gpt-oss-20b"');
  });

  it('end without a fault of the page', () => {
    expect(visitor.faults).toEqual([]);
  });
});

describe('the snippets where keys are on and none was entered', () => {
  it('say so and leave a place for the key', async () => {
    const { page, faults } = await site.visit({ path: '/connect', expected: REFUSED });
    await page.getByRole('alert').getByText('A key is needed').waitFor();
    expect(await copied(page, 'OpenAI', 'Python')).toContain('api_key="YOUR_KEY"');
    expect(await copied(page, 'OpenAI', 'Python')).toContain(site.system.gatewayUrl);
    expect(faults).toEqual([]);
    await page.context().close();
  });
});

describe('the snippets where there are no keys', () => {
  let open: Site;
  let terminal: SnippetFolder;
  beforeAll(async () => {
    open = await Site.open();
    terminal = new SnippetFolder();
  }, 120_000);
  afterAll(async () => {
    terminal.remove();
    await open.close();
  }, 60_000);

  it('work without one', async () => {
    const { page, faults } = await open.visit({ path: '/connect' });
    await page.getByText('None needed').waitFor();
    expect(await copied(page, 'OpenAI', 'curl')).not.toContain('Authorization');
    const answer = await terminal.execute('bash', [...PLAIN_SHELL, await copied(page, 'OpenAI', 'curl')]);
    expect(JSON.parse(answer)).toMatchObject({ object: 'chat.completion' });
    const file = terminal.write('snippet.mjs', await copied(page, 'MCP', 'JavaScript'));
    expect((await terminal.execute('node', [file])).trim()).toMatch(/\w/);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  withOllama(`let the ollama command talk to the gateway itself${noOllama}`, async () => {
    terminal.addCommand('ollama', `${OLLAMA ?? ''} "$@"`);
    const { page } = await open.visit({ path: '/connect' });
    const code = await copied(page, 'Ollama', 'ollama');
    expect(code).toContain(`OLLAMA_HOST='${open.system.gatewayUrl}'`);
    expect((await terminal.execute('bash', [...PLAIN_SHELL, code])).trim()).toMatch(/\w/);
    await page.context().close();
  });

  it.each([
    { name: 'light', scheme: 'light', width: 1280, language: 'en', heading: 'Connect' },
    { name: 'dark', scheme: 'dark', width: 1280, language: 'en', heading: 'Connect' },
    { name: 'narrow', scheme: 'light', width: 375, language: 'en', heading: 'Connect' },
    { name: 'spanish', scheme: 'dark', width: 375, language: 'es', heading: 'Conectar' },
  ] as const)('can be read by everybody: $name', async ({ name, scheme, width, language, heading }) => {
    const visitor = await open.visit({ path: '/connect', scheme, width, language });
    const { page } = visitor;
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    for (const group of GROUPS) {
      await page.getByRole('tab', { name: group }).click();
      await page.getByRole('tabpanel', { name: group }).waitFor();
      expect([group, await visitor.violations(), await visitor.overflows()]).toEqual([group, [], false]);
      await visitor.screenshot(`connect-${name}-${group.toLowerCase()}`);
    }
    expect(visitor.faults).toEqual([]);
    await page.context().close();
  });

  it('can be reached by keyboard alone, the code itself as well', async () => {
    const { page } = await open.visit({ path: '/connect' });
    await page.getByRole('tab', { name: 'OpenAI' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.getByRole('tabpanel', { name: 'Anthropic' }).waitFor();
    await page.keyboard.press('Tab');
    await until('the copy button has the focus', async () =>
      page.evaluate<boolean>('document.activeElement.getAttribute("aria-label")?.startsWith("Copy the code") ?? false'),
    );
    await page.keyboard.press('Enter');
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toContain('from anthropic import');
    await page.context().close();
  });
});
