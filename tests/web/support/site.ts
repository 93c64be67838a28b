import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureServer } from '@local-llm-agent/testing';
import axe from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { System, type SystemOptions } from '../../e2e/support/system.js';

/** Where a Chromium is found, first come first taken. */
const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const findChromium = (): string | undefined =>
  process.env['TEST_CHROMIUM'] ?? USUAL_PLACES.find((file) => existsSync(file));
/** Outside of the repository. */
const SCREENSHOTS = process.env['TEST_SCREENSHOTS'] ?? path.join(tmpdir(), 'local-llm-agent-screenshots');
/** Longest wait of one step of a test for the page; a real model answers in between. */
const STEP_MS = 30_000;
/** A name for this machine that is not localhost: pages from there come over plain HTTP from elsewhere, for the browser. */
export const OTHER_NAME = 'gateway.test';
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', `--host-resolver-rules=MAP ${OTHER_NAME} 127.0.0.1`];
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** How often a page that goes on changing is read again for its violations. */
const RE_READINGS = 5;
const RE_READING_PAUSE_MS = 300;
/** Run in the page: from now on `changesSeen()` tells, once, whether anything of the document has changed. */
const WATCH_CHANGES = `{
  let changed = false;
  const observer = new MutationObserver(() => { changed = true; });
  observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  globalThis.changesSeen = () => { observer.disconnect(); return changed; };
}`;

/** How a visitor looks at the page. */
export interface Visit {
  readonly path?: string;
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: 'light' | 'dark';
  readonly language?: 'en' | 'es';
  /** Address of another gateway that serves the page. */
  readonly origin?: string;
  /** Faults of the page that belong to the test, such as a refused request that the browser logs. */
  readonly expected?: RegExp;
  /** A script that runs before those of the page. */
  readonly before?: string;
}

/** One visitor: a page of a fresh browser profile, and what went wrong in it. */
export class Visitor {
  /** Errors of scripts, broken rules of the content security policy, and requests to other places than the gateway. */
  readonly faults: string[] = [];

  constructor(
    readonly page: Page,
    origin: string,
    expected?: RegExp,
  ) {
    const add = (fault: string): void => {
      if (!expected?.test(fault)) this.faults.push(fault);
    };
    page.setDefaultTimeout(STEP_MS);
    page.on('pageerror', (error) => add(`error: ${error.message}`));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) add(`console: ${message.text()} ${message.location().url}`);
    });
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) add(`request to ${url}`);
    });
  }

  /**
   * What breaks the rules of WCAG 2.2 AA on what is shown now, as one line for each element. A page that changed while it
   * was read is read again: its colours may be of before the change and its states of after it.
   */
  async violations(): Promise<readonly string[]> {
    await this.page.evaluate(axe.source);
    let found = await this.readViolations();
    for (let again = 0; again < RE_READINGS && found.changed && found.violations.length > 0; again += 1) {
      await this.page.waitForTimeout(RE_READING_PAUSE_MS);
      found = await this.readViolations();
    }
    return found.violations;
  }

  private async readViolations(): Promise<{ violations: readonly string[]; changed: boolean }> {
    await this.page.evaluate(WATCH_CHANGES);
    const results = await this.page.evaluate((tags) => {
      const { axe: runner } = globalThis as unknown as { axe: typeof axe };
      return runner.run({ runOnly: { type: 'tag', values: tags } });
    }, WCAG);
    const changed = await this.page.evaluate<boolean>('changesSeen()');
    const violations = results.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary ?? ''}`),
    );
    return { violations, changed };
  }

  /** Whether the page is wider than the window, so that a reader would have to scroll sideways. */
  async overflows(): Promise<boolean> {
    return this.page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth');
  }

  /** Keeps a picture of what is shown. */
  async screenshot(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`), fullPage: true });
  }
}

/** The whole system with the real model, and a real Chromium. */
export class Site {
  private constructor(
    readonly system: System,
    private readonly browser: Browser,
  ) {}

  /** Starts both. */
  static async open(options: SystemOptions = {}): Promise<Site> {
    const missing = ensureServer('chromium', () => findChromium() !== undefined);
    const executablePath = findChromium();
    if (executablePath === undefined)
      throw new Error(`${missing ?? 'there is no Chromium'}, or set TEST_CHROMIUM to its path`);
    const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
    try {
      return new Site(await System.start(options), browser);
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  /** Opens the page as somebody who was never there. */
  async visit({ path: view = '/', width = 1280, height = 800, scheme, language = 'en', ...visit }: Visit = {}) {
    const { expected, origin = this.system.gatewayUrl, before } = visit;
    const options: BrowserContextOptions = {
      viewport: { width, height },
      colorScheme: scheme ?? 'light',
      locale: language === 'es' ? 'es-ES' : 'en-GB',
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
    };
    const context = await this.browser.newContext(options);
    if (before !== undefined) await context.addInitScript(before);
    const visitor = new Visitor(await context.newPage(), origin, expected);
    await visitor.page.goto(`${origin}/#${view}`);
    return visitor;
  }

  /** Ends both. */
  async close(): Promise<void> {
    await this.browser.close();
    await this.system.stop();
  }
}
