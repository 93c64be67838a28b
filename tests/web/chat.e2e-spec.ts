import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { THINKER } from '../e2e/support/model-files.js';
import { LONG_CHAT, postChat } from '../e2e/support/chat.js';
import { until } from '../e2e/support/until.js';
import { ChatView } from './support/chat-view.js';
import { Site, type Visit, type Visitor } from './support/site.js';

const CATALOG = `
tiers:
  small: { requestsPerMinute: 2, tokensPerMinute: 0, defaultModel: smollm2 }
  main: { requestsPerMinute: 0, tokensPerMinute: 0, defaultModel: second }
models:
  - { id: smollm2, tier: small, parallel: 1, contextLength: 8192, defaults: { maxTokens: 200 } }
  - { id: second, tier: main, parallel: 1 }
  - { id: giant, tier: main, memory: 900GiB }
  - { id: big, tier: main, memory: 20GiB, fallbacks: [smollm2] }
`;
const LONG = 'Write a very long story about a ship. Do not stop.';
const SHORT = { 'Most tokens': '12', Temperature: '0' };
/** The browser logs each answer that is an error. */
const REFUSED = /console: Failed to load resource/;

let site: Site;
let visitor: Visitor;
let chat: ChatView;

async function visit(options: Visit = {}): Promise<ChatView> {
  visitor = await site.visit(options);
  chat = new ChatView(visitor.page);
  await visitor.page.getByRole('heading', { level: 1, name: 'Chat' }).waitFor();
  return chat;
}

describe('the chat', () => {
  beforeAll(async () => {
    site = await Site.open({ models: ['smollm2', 'second', 'giant', THINKER], catalog: CATALOG });
  }, 120_000);
  afterAll(() => site.close(), 60_000);
  afterEach(async () => {
    expect(visitor.faults).toEqual([]);
    await visitor.page.context().close();
  });

  it('streams an answer, stops it, and writes it anew', async () => {
    await visit();
    await chat.ask(LONG);
    await chat.begun();
    const before = (await chat.last.innerText()).length;
    await until('it grows', async () => (await chat.last.innerText()).length > before + 20, 20_000);
    await visitor.screenshot('chat-streaming');
    await visitor.page.getByRole('button', { name: 'Stop the answer' }).click();
    await chat.last.getByText('You stopped this answer.').waitFor();
    expect(await visitor.page.evaluate('document.activeElement.ariaLabel')).toBe('Message');
    await visitor.page.getByRole('button', { name: 'Regenerate' }).click();
    await visitor.page.getByRole('button', { name: 'Stop the answer' }).waitFor();
    await chat.begun();
    await chat.input.press('Escape');
    await chat.last.getByText('You stopped this answer.').waitFor();
    expect(await chat.answers.count()).toBe(1);
  });

  it('tells who answered and how fast, and explains an answer that was cut off', async () => {
    await visit();
    await chat.set(SHORT);
    const text = await chat.answerTo('What is the capital of France?');
    expect(text).toMatch(/smollm2\s+tier small\s+first token after [\d.]+ m?s\s+[\d.]+ tokens\/s\s+12 tokens/);
    expect(text).toContain('reached the most tokens it may have');
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('chat-light');
    await visitor.page.getByRole('button', { name: 'Go on' }).click();
    await chat.ended();
    expect(await chat.answers.count()).toBe(2);
  });

  it('asks the model and the tier that are chosen', async () => {
    await visit();
    await chat.set(SHORT);
    await chat.choose('second');
    expect(await chat.answerTo('Say hello.')).toMatch(/second\s+tier main/);
    await chat.choose('auto: the gateway chooses');
    await visitor.page.getByRole('combobox', { name: 'Tier' }).click();
    await visitor.page.getByRole('option', { name: 'main' }).click();
    expect(await chat.answerTo('Say hello again.')).toMatch(/second\s+tier main/);
    await chat.choose('big');
    expect(await chat.answerTo('And again.')).toMatch(/smollm2\s+answered instead of big/);
  });

  it('sends the system prompt and the parameters', async () => {
    await visit({ width: 375, height: 700 });
    await chat.openSettings();
    const dialog = visitor.page.getByRole('dialog');
    await dialog.getByLabel('System prompt').fill('Answer in French.');
    for (const [name, value] of Object.entries({ ...SHORT, 'Top P': '0.5', Seed: '7' }))
      await dialog.getByLabel(name, { exact: true }).fill(value);
    await dialog.getByRole('combobox', { name: 'Stop texts' }).fill('END');
    await dialog.getByRole('combobox', { name: 'Stop texts' }).press('Enter');
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('chat-settings-narrow');
    await chat.closeSettings();
    const sent = visitor.page.waitForRequest((request) => request.url().endsWith('/v1/chat/completions'));
    await chat.ask(LONG);
    expect((await sent).postDataJSON()).toMatchObject({
      messages: [{ role: 'system', content: 'Answer in French.' }, { role: 'user' }],
      temperature: 0,
      top_p: 0.5,
      max_tokens: 12,
      seed: 7,
      stop: ['END'],
    });
    await chat.ended();
    await visitor.page.getByRole('button', { name: 'Settings, 6 changed' }).waitFor();
    expect(await visitor.overflows()).toBe(false);
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('chat-narrow');
  });

  it('folds the thoughts of a model away', async () => {
    await visit({ scheme: 'dark' });
    await chat.choose(THINKER);
    await chat.openSettings();
    await visitor.page.getByRole('combobox', { name: 'Thinking' }).click();
    await visitor.page.getByRole('option', { name: 'high' }).click();
    await visitor.page.getByLabel('Most tokens', { exact: true }).fill('24');
    await chat.closeSettings();
    await chat.answerTo('What is the capital of France?');
    const thoughts = chat.last.getByRole('button', { name: 'Thoughts' });
    expect(await thoughts.getAttribute('aria-expanded')).toBe('false');
    await thoughts.click();
    expect(await thoughts.getAttribute('aria-expanded')).toBe('true');
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('chat-thoughts-dark');
  });

  it('answers in JSON by a schema, which is checked while it is written', async () => {
    await visit();
    await chat.openSettings();
    const page = visitor.page;
    await page.getByRole('combobox', { name: 'Form of the answer' }).click();
    await page.getByRole('option', { name: 'JSON by a schema' }).click();
    const schema = page.getByRole('textbox', { name: 'JSON schema' });
    await schema.fill('{ "type": "objekt" }');
    await page.getByText('type: "objekt" is no type of JSON schemas.').waitFor();
    await schema.fill('{ "type": ');
    await page.getByText(/^This is not JSON/).waitFor();
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('chat-schema-wrong');
    await page.getByRole('button', { name: 'Put in an example' }).click();
    await page.getByText('The schema is right: answers will fit it.').waitFor();
    await page.getByLabel('Temperature', { exact: true }).fill('0');
    await chat.closeSettings();
    const text = await chat.answerTo('Rate the film Casablanca.');
    expect(text).toContain('Valid JSON');
    expect(await chat.last.getByRole('region', { name: 'json' }).innerText()).toMatch(/"title": .*\s+"rating": [1-5]/);
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('chat-json');
  });

  it('says why it takes no images for a model that does not see', async () => {
    await visit();
    await chat.choose('smollm2');
    await visitor.page.getByRole('button', { name: 'Attach images. The model smollm2 does not see images.' }).waitFor();
  });

  it('asks again when a question is edited', async () => {
    await visit();
    await chat.set(SHORT);
    await chat.answerTo('What is the capital of France?');
    await visitor.page.getByRole('button', { name: 'Edit' }).click();
    const edit = visitor.page.getByRole('textbox', { name: 'Edit your question' });
    await edit.fill('What is the capital of Spain?');
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('chat-edit');
    await edit.press('Enter');
    await chat.ended();
    expect(await chat.questions.allInnerTexts()).toEqual([expect.stringContaining('Spain')]);
    expect(await chat.answers.count()).toBe(1);
  });

  it('tells in words what a question waits for', async () => {
    await visit({ language: 'en' });
    const abort = new AbortController();
    const busy = await postChat(site.system.gatewayUrl, { ...LONG_CHAT, stream: true }, { signal: abort.signal });
    await chat.choose('smollm2');
    await chat.ask(LONG);
    await chat.last.getByText('First in the queue of smollm2').waitFor();
    await visitor.screenshot('chat-waiting');
    abort.abort();
    await busy.body?.cancel().catch(() => undefined);
    await chat.begun();
    await chat.input.press('Escape');
  });

  it('says in words what went wrong and what to do', async () => {
    await visit({ expected: REFUSED });
    await chat.choose('second');
    await chat.ask('ship '.repeat(12_000));
    const tooLong = chat.last.getByRole('alert');
    await tooLong.getByText('Too long for this model').waitFor();
    await tooLong.getByText(/The prompt has \d+ tokens, but the context of this model is \d+ tokens/).waitFor();
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('chat-too-long');
    await tooLong.getByRole('button', { name: 'New conversation' }).click();
    await chat.choose('giant');
    await chat.ask(LONG);
    await chat.last.getByText(/Model requires more system memory/).waitFor();
    await chat.choose('smollm2');
    await chat.last.getByRole('button', { name: 'Try again' }).click();
    await chat.begun();
    await chat.input.press('Escape');
  });

  it('keeps conversations, finds, renames, exports, imports and deletes them', async () => {
    await visit();
    const { page } = visitor;
    await chat.set(SHORT);
    await chat.answerTo('What is the capital of France?');
    await page.getByRole('button', { name: 'New conversation' }).click();
    await chat.set(SHORT);
    await chat.answerTo('Name a colour.');
    const list = page.getByRole('complementary', { name: 'Conversations' });
    const entries = (): Promise<string[]> => list.getByRole('listitem').allInnerTexts();
    expect(await entries()).toEqual(['Name a colour.', 'What is the capital of France?']);
    await list.getByRole('searchbox').fill('capital');
    await list.getByText('Name a colour.').waitFor({ state: 'hidden' });
    await list.getByRole('button', { name: 'Actions for “What is the capital of France?”' }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByRole('textbox', { name: 'Title' }).fill('Capitals');
    expect(await visitor.violations()).toEqual([]);
    await page.getByRole('button', { name: 'Save' }).click();
    await list.getByRole('searchbox').fill('');
    await list.getByRole('button', { name: 'Capitals', exact: true }).click();
    await chat.questions.getByText('What is the capital of France?').waitFor();

    await list.getByRole('button', { name: 'Export and import' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'Export all as JSON' }).click(),
    ]);
    const file = readFileSync(await download.path(), 'utf8');
    expect(JSON.parse(file)).toMatchObject({ conversations: [{ title: 'Name a colour.' }, { title: 'Capitals' }] });

    await list.getByRole('button', { name: 'Actions for “Capitals”' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByText('will be gone for good').waitFor();
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('chat-delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await list.getByText('Capitals').waitFor({ state: 'hidden' });
    await page.reload();
    await list.getByText('Name a colour.').waitFor();
    expect(await entries()).toEqual(['Name a colour.']);

    const give = async (text: string): Promise<void> => {
      await list.getByRole('button', { name: 'Export and import' }).click();
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        page.getByRole('menuitem', { name: 'Import from JSON…' }).click(),
      ]);
      await chooser.setFiles({ name: 'c.json', mimeType: 'application/json', buffer: Buffer.from(text) });
    };
    await give('{ "kind": "other" }');
    await page.getByText('it has no conversations that can be read').waitFor();
    await give(file);
    await page.getByText('1 conversation was imported. 1 was here already.').waitFor();
    await list.getByText('Capitals').waitFor();
  });

  it('keeps a running answer as far as it came when the page is left', async () => {
    await visit();
    await chat.ask(LONG);
    await chat.begun();
    const before = (await chat.last.getByRole('paragraph').first().innerText()).slice(0, 10);
    await visitor.page.reload();
    await chat.last.getByText('The page was left before this answer was whole.').waitFor();
    expect(await chat.last.innerText()).toContain(before);
    await visitor.screenshot('chat-interrupted');
  });

  it('speaks Spanish', async () => {
    visitor = await site.visit({ language: 'es', scheme: 'dark' });
    const { page } = visitor;
    await page.getByRole('button', { name: 'Ajustes' }).click();
    await page.getByLabel('Máximo de tokens', { exact: true }).fill('10');
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('chat-settings-spanish');
    await page.getByRole('button', { name: 'Cerrar los ajustes' }).click();
    await page.getByRole('textbox', { name: 'Mensaje' }).fill('¿Cuál es la capital de Francia?');
    await page.getByRole('button', { name: 'Enviar' }).click();
    await page.getByText('La respuesta ha llegado al máximo de tokens permitido.').waitFor();
    await page.getByText(/primer token a los/).waitFor();
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('chat-spanish');
  });

  it('compares models side by side; one that fails does not stop the others', async () => {
    await visit({ expected: REFUSED });
    const { page } = visitor;
    await page.getByRole('radiogroup', { name: 'What to do' }).getByText('Compare').click();
    const models = page.getByRole('combobox', { name: 'Models to compare' });
    for (const name of ['smollm2', 'second', 'giant']) {
      await models.click();
      await page.getByRole('option', { name, exact: true }).click();
    }
    await models.press('Tab');
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByLabel('Most tokens', { exact: true }).fill('30');
    await chat.closeSettings();
    const prompt = page.getByRole('textbox', { name: 'Question' });
    await prompt.fill('Explain what an algorithm is.');
    await prompt.press('Enter');
    const answerOf = (name: string) => page.getByRole('article', { name: `Answer of ${name}` });
    await answerOf('giant')
      .getByText(/requires more system memory/)
      .waitFor();
    for (const name of ['smollm2', 'second'])
      expect(await answerOf(name).getByTestId('figures').innerText()).toMatch(new RegExp(`${name}[^]*tokens/s`));
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('chat-compare');
    await page.reload();
    for (const name of ['smollm2', 'second']) await answerOf(name).getByTestId('figures').waitFor();
    await answerOf('giant')
      .getByText(/requires more system memory/)
      .waitFor();
    await page.setViewportSize({ width: 375, height: 700 });
    const [first, second] = await Promise.all(['smollm2', 'second'].map((name) => answerOf(name).boundingBox()));
    expect(second!.y).toBeGreaterThan(first!.y + first!.height - 1);
    expect(await visitor.overflows()).toBe(false);
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('chat-compare-narrow');
  });

  it('counts down to the next try where too much was asked', async () => {
    const { url, program } = await site.system.anotherGateway({ RATE_LIMITS: 'on' });
    try {
      await visit({ origin: url, expected: REFUSED });
      await chat.set(SHORT);
      await chat.answerTo('One.');
      await chat.answerTo('Two.');
      await chat.ask('Three.');
      await chat.last.getByText('Too many requests').waitFor();
      const again = chat.last.getByRole('button', { name: /^Try again in \d+ seconds$/ });
      await again.waitFor();
      expect(await again.isDisabled()).toBe(true);
      await visitor.screenshot('chat-limited');
      expect(await visitor.violations()).toEqual([]);
    } finally {
      await program.stop();
    }
  });

  it('says that a key is needed, once', async () => {
    const { url, program } = await site.system.anotherGateway({ ADMIN_KEY: 'admin-key-of-this-test-0123456789' });
    try {
      await visit({ origin: url, expected: REFUSED });
      await visitor.page.getByText('A key is needed').waitFor();
      expect(await visitor.page.getByRole('alert').count()).toBe(1);
      await chat.input.fill('Hello?');
      expect(await visitor.page.getByRole('button', { name: 'Send', exact: true }).isDisabled()).toBe(true);
      expect(await visitor.violations()).toEqual([]);
      await visitor.screenshot('chat-key');
    } finally {
      await program.stop();
    }
  });

  it('says so when the engine is killed, keeps what came, and goes on when it is back', async () => {
    await visit({ expected: REFUSED });
    await chat.ask(LONG);
    await chat.begun();
    site.system.engine.signal('SIGKILL');
    await chat.last.getByText('The answer broke off').waitFor();
    await chat.last.getByText('What came until then is kept.').waitFor();
    await chat.last.getByRole('paragraph').filter({ hasText: /\w{2}/ }).first().waitFor();
    await visitor.screenshot('chat-engine-killed');
    expect(await visitor.violations()).toEqual([]);
    await chat.ask('Are you there?');
    await chat.last.getByText('The model cannot answer now').waitFor();
    await site.system.startEngineAgain();
    await chat.set(SHORT);
    await chat.last.getByRole('button', { name: 'Try again' }).click();
    await chat.ended();
    expect(await chat.last.innerText()).toContain('smollm2');
  });
});
