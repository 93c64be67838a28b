import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeOllama } from '@local-llm-agent/testing';
import { until } from '../e2e/support/until.js';
import { ChatView } from './support/chat-view.js';
import { Site, type Visit, type Visitor } from './support/site.js';

/** What an answer may hold that a model of 135 million parameters cannot be made to write when a test wants it. */
const ANSWER = `# Sorting

Two ways, **both** good:

| way | time |
| --- | --- |
| quick | n log n |

- [x] quick
- [ ] slow

\`\`\`js
const sorted = [3, 1, 2].toSorted();
\`\`\`

[the standard](https://tc39.es/ecma262/) [a trap](javascript:alert(document.domain)) [a view](#/keys)
![a pixel](https://tracker.example/pixel.png) <img src="https://tracker.example/raw.png" onerror="alert(1)">
<script>document.title = 'taken'</script>
`;
/** One pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const CATALOG = `
models:
  - { id: plain, tier: small, memory: 1GiB }
  - { id: seer, tier: small, memory: 1GiB }
`;

/** An answer in pieces of a few letters. */
function pieces(text: string): string[] {
  return text.match(/[^]{1,6}/g) ?? [];
}

let ollama: FakeOllama;
let site: Site;
let visitor: Visitor;
let chat: ChatView;

async function visit(options: Visit = {}): Promise<void> {
  visitor = await site.visit(options);
  chat = new ChatView(visitor.page);
  await visitor.page.getByRole('heading', { level: 1, name: 'Chat' }).waitFor();
  await chat.choose('plain');
}

describe('answers in the chat', () => {
  beforeAll(async () => {
    ollama = new FakeOllama([
      { name: 'plain:latest', show: { details: {}, capabilities: ['completion'] } },
      { name: 'seer:latest', show: { details: {}, capabilities: ['completion', 'vision'] } },
    ]);
    site = await Site.open({ ollamaUrl: await ollama.start(), catalog: CATALOG });
  }, 120_000);
  afterAll(async () => {
    await site.close();
    await ollama.close();
  }, 60_000);
  afterEach(async () => {
    expect(visitor.faults).toEqual([]);
    await visitor.page.context().close();
  });

  it.each(['light', 'dark'] as const)('are Markdown, with code that can be copied, in %s', async (scheme) => {
    await visit({ scheme });
    ollama.next({ kind: 'answer', tokens: pieces(ANSWER) });
    await chat.answerTo('How do I sort?');
    await chat.last.getByRole('heading', { name: 'Sorting' }).waitFor();
    await chat.last.getByRole('table').getByText('n log n').waitFor();
    await chat.last.getByRole('img', { name: 'not done' }).waitFor();
    await chat.last.getByRole('button', { name: 'Copy the code' }).click();
    expect(await visitor.page.evaluate('navigator.clipboard.readText()')).toBe('const sorted = [3, 1, 2].toSorted();');
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot(`chat-markdown-${scheme}`);
    await visitor.page.setViewportSize({ width: 375, height: 700 });
    expect(await visitor.overflows()).toBe(false);
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot(`chat-markdown-narrow-${scheme}`);
  });

  it('bring nothing into the page: no script, no image, no way to lead the reader astray', async () => {
    await visit();
    ollama.next({ kind: 'answer', tokens: pieces(ANSWER) });
    await chat.answerTo('How do I sort?');
    await chat.last.getByRole('heading', { name: 'Sorting' }).waitFor();
    const links = await chat.last.getByRole('link').all();
    const told = await Promise.all(
      links.map(async (link) => [
        await link.innerText(),
        await link.getAttribute('href'),
        await link.getAttribute('rel'),
        await link.getAttribute('target'),
      ]),
    );
    expect(told).toEqual([
      ['the standard', 'https://tc39.es/ecma262/', 'noopener noreferrer', '_blank'],
      ['Image (not fetched): a pixel', 'https://tracker.example/pixel.png', 'noopener noreferrer', '_blank'],
    ]);
    expect(await chat.last.locator('img, script').count()).toBe(0);
    expect(await visitor.page.title()).toBe('Chat · Local LLM Agent');
  });

  it('are told to a screen reader when they are whole, not piece by piece', async () => {
    await visit();
    ollama.next({ kind: 'answer', tokens: pieces('One two three four five six.'), paceMs: 150 });
    await chat.ask('Count.');
    await chat.begun();
    const live = chat.page.locator('[aria-live="polite"]').filter({ hasText: 'Answer of plain' });
    expect(await live.count()).toBe(0);
    await chat.ended();
    expect(await live.innerText()).toBe('Answer of plain: One two three four five six.');
  });

  it('do not have the finished ones drawn anew while they come', async () => {
    await visit();
    await chat.answerTo('First?');
    await visitor.page.evaluate(`
      globalThis.drawn = 0;
      new MutationObserver((changes) => { globalThis.drawn += changes.length; })
        .observe(document.querySelectorAll('article')[1].querySelector('p'), { subtree: true, childList: true, characterData: true, attributes: true });
    `);
    ollama.next({ kind: 'answer', tokens: pieces('A second one that takes some time.\n\n'.repeat(5)), paceMs: 20 });
    await chat.answerTo('Second?');
    expect(await visitor.page.evaluate('globalThis.drawn')).toBe(0);
  });

  it('are followed while the reader is at the end, and leave alone who reads above', async () => {
    await visit({ height: 600 });
    const { page } = visitor;
    const atEnd = 'document.documentElement.scrollHeight - innerHeight - scrollY < 120';
    ollama.next({ kind: 'answer', tokens: pieces('Line after line.\n\n'.repeat(60)), paceMs: 20 });
    await chat.ask('Go on.');
    await until('the page is long', async () => page.evaluate<boolean>('scrollY > 200'), 20_000);
    expect(await page.evaluate(atEnd)).toBe(true);
    await page.mouse.move(640, 300);
    await page.mouse.wheel(0, -5000);
    await page.getByRole('button', { name: 'To the newest' }).waitFor();
    await chat.ended();
    expect(await page.evaluate(atEnd)).toBe(false);
    await page.getByRole('button', { name: 'To the newest' }).click();
    await until('it is at the end', async () => page.evaluate<boolean>(atEnd));
  });

  it('keep what came when the runtime breaks off, and can be asked for again', async () => {
    await visit();
    ollama.next({ kind: 'cutAfter', tokens: 2 });
    await chat.ask('Hello?');
    await chat.last.getByText('The answer broke off').waitFor();
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('chat-broke-off');
    await chat.last.getByRole('button', { name: 'Try again' }).click();
    await chat.ended();
    await chat.last.getByText('Hello there!').waitFor();
  });

  it('fold the thoughts of a model away', async () => {
    await visit();
    ollama.next({ kind: 'answer', thinking: 'They greet me.', tokens: ['Good', ' day!'] });
    await chat.answerTo('Hello?');
    await chat.last.getByText('Good day!').waitFor();
    const thoughts = chat.last.getByRole('button', { name: 'Thoughts' });
    expect(await chat.last.getByText('They greet me.').isVisible()).toBe(false);
    await thoughts.click();
    await chat.last.getByText('They greet me.').waitFor();
  });

  it('are about images, from a file, the clipboard or a drop, where the model sees', async () => {
    await visit({ width: 375, height: 700 });
    const { page } = visitor;
    await chat.choose('seer');
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Attach images', exact: true }).click(),
    ]);
    await chooser.setFiles({ name: 'one.png', mimeType: 'image/png', buffer: Buffer.from(PNG, 'base64') });
    await page.getByRole('img', { name: 'Image 1' }).waitFor();
    const pixel = `Uint8Array.from(atob('${PNG}'), (letter) => letter.charCodeAt(0))`;
    await page.evaluate(
      `navigator.clipboard.write([new ClipboardItem({ 'image/png': new Blob([${pixel}], { type: 'image/png' }) })])`,
    );
    await chat.input.press('Control+v');
    await page.getByRole('img', { name: 'Image 2' }).waitFor();
    const drop = async (type: string): Promise<void> => {
      const dataTransfer = await page.evaluateHandle(
        `(() => { const data = new DataTransfer(); data.items.add(new File([${pixel}], 'two', { type: '${type}' })); return data; })()`,
      );
      await chat.input.dispatchEvent('drop', { dataTransfer });
    };
    await drop('image/png');
    await page.getByRole('img', { name: 'Image 3' }).waitFor();
    await page.getByRole('button', { name: 'Remove image 3' }).click();
    await drop('text/plain');
    await page.getByText('two is no image that models read.').waitFor();
    expect(await visitor.violations()).toEqual([]);
    await visitor.screenshot('chat-images');
    await chat.choose('plain');
    await page.getByRole('alert').getByText('The model plain does not see images.').waitFor();
    expect(await page.getByRole('button', { name: 'Send', exact: true }).isDisabled()).toBe(true);
    await chat.choose('seer');
    await chat.answerTo('What is in them?');
    const { messages } = ollama.bodies('/api/chat').at(-1) as { messages: { images?: string[] }[] };
    expect(messages[0]?.images).toEqual([PNG, expect.stringMatching(/^iVBORw0KGgo/)]);
    expect(await chat.questions.last().getByRole('img').count()).toBe(2);
    await visitor.screenshot('chat-images-sent');
  });
});
