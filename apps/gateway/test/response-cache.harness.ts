import { afterEach, beforeEach, expect } from '@jest/globals';
import type { Settings } from '@local-llm-agent/config';
import { FakeEngine, askedOf, type EngineExchange, type EngineScript } from '@local-llm-agent/testing';
import { ask, startGateway, type RunningGateway } from './gateway.harness.js';

/** How the answers of {@link numbered} are, besides their number. */
export interface NumberedOptions {
  readonly reason?: 'stop' | 'length';
  readonly completionTokens?: number;
  /** What it says in front of its number. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether a stream begins with its place in the queue. */
  readonly waits?: boolean;
  /** Awaited before the end of each answer; a stream has sent its first event by then. */
  readonly before?: (() => Promise<unknown>) | undefined;
}

interface Answer extends NumberedOptions {
  readonly exchange: EngineExchange;
  readonly model: string;
  readonly count: number;
}

const PROMPT_TOKENS = 7;
const KINDS = {
  '/v1/chat/completions': { id: 'chatcmpl-', whole: 'chat.completion', chunk: 'chat.completion.chunk' },
  '/v1/completions': { id: 'cmpl-', whole: 'text_completion', chunk: 'text_completion' },
} as const;

const isText = (path: string): path is keyof typeof KINDS => path in KINDS;

function headOf({ exchange: { path }, model, count }: Answer, form: 'whole' | 'chunk'): object {
  const kind = KINDS[isText(path) ? path : '/v1/completions'];
  return { id: `${kind.id}engine${count}`, object: kind[form], created: 1000 + count, model };
}

function piece({ exchange: { path } }: Answer, text: string, reason: string | null): object {
  const content = path === '/v1/completions' ? { text } : { delta: { content: text } };
  return { index: 0, ...content, logprobs: null, finish_reason: reason };
}

function usageOf({ completionTokens = 3 }: Answer): object {
  return {
    prompt_tokens: PROMPT_TOKENS,
    completion_tokens: completionTokens,
    total_tokens: PROMPT_TOKENS + completionTokens,
  };
}

function usageFields({ completionTokens = 3 }: Answer): Record<string, string> {
  return { 'x-prompt-tokens': String(PROMPT_TOKENS), 'x-completion-tokens': String(completionTokens) };
}

function plain(answer: Answer): object {
  const { exchange, model, count, reason = 'stop', text: words = 'answer' } = answer;
  const text = `${words} ${count}`;
  if (exchange.path === '/v1/embeddings') {
    const data = [{ object: 'embedding', index: 0, embedding: [count, 0.5] }];
    return { object: 'list', data, model, usage: { prompt_tokens: PROMPT_TOKENS, total_tokens: PROMPT_TOKENS } };
  }
  const content =
    exchange.path === '/v1/completions' ? { text } : { message: { role: 'assistant', content: text, refusal: null } };
  const choices = [{ index: 0, ...content, logprobs: null, finish_reason: reason }];
  return { ...headOf(answer, 'whole'), choices, usage: usageOf(answer) };
}

async function stream(answer: Answer): Promise<void> {
  const { exchange, count, reason = 'stop', headers, before, text = 'answer' } = answer;
  const { res } = exchange;
  const send = (choices: readonly object[], more: object = {}): void => {
    res.write(`data: ${JSON.stringify({ ...headOf(answer, 'chunk'), choices, ...more })}\n\n`);
  };
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    trailer: 'x-prompt-tokens, x-completion-tokens',
    'x-served-model': 'gemma3',
    ...headers,
  });
  if (answer.waits === true) res.write(': waiting, place 1 of 1\n\n');
  send([piece(answer, text, null)]);
  await before?.();
  send([piece(answer, ` ${count}`, null)]);
  send([piece(answer, '', reason)]);
  send([], { usage: usageOf(answer) });
  res.addTrailers(usageFields(answer));
  res.end('data: [DONE]\n\n');
}

/** An engine whose answers differ each time: the n-th says `answer n`, in the form that it is asked for. */
export function numbered(options: NumberedOptions = {}): EngineScript {
  let count = 0;
  return async (exchange) => {
    count += 1;
    const asked = askedOf(exchange);
    const answer: Answer = { ...options, exchange, model: asked.model, count };
    if (asked.stream === true) {
      await stream(answer);
      return;
    }
    await options.before?.();
    exchange.res.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'x-served-model': 'gemma3',
      ...usageFields(answer),
      ...options.headers,
    });
    exchange.res.end(JSON.stringify(plain(answer)));
  };
}

/** The engine and the gateway of the test that runs. */
export class CacheScene {
  private engineNow: FakeEngine | undefined;
  private gatewayNow: RunningGateway | undefined;

  /** Gives each test of the file, or of the block, an engine that answers as {@link numbered} does, and ends all after it. */
  constructor() {
    beforeEach(async () => {
      this.engineNow = await FakeEngine.start();
      this.engineNow.answerWith(numbered());
    });
    afterEach(async () => {
      await this.gateway.stop();
      await this.engine.close();
      expect(this.engine.faults).toEqual([]);
      this.gatewayNow = undefined;
    });
  }

  get engine(): FakeEngine {
    if (!this.engineNow) throw new Error('There is no engine outside of a test.');
    return this.engineNow;
  }

  get gateway(): RunningGateway {
    if (!this.gatewayNow) throw new Error('The test has not started its gateway.');
    return this.gatewayNow;
  }

  /** Starts the gateway; each test does, with the settings that it is about. */
  async start(settings: Partial<Settings> = {}, catalog?: string): Promise<void> {
    this.gatewayNow = await startGateway(this.engine.url, { settings, ...(catalog === undefined ? {} : { catalog }) });
  }
}

/** A door that holds up whoever comes to it until it is opened. */
export class Gate {
  private readonly opened: Promise<void>;
  open: () => void = () => undefined;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  readonly pass = (): Promise<void> => this.opened;
}

/** Resolves once the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('It did not come to that.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Resolves once as many requests run in the gateway. */
export async function untilRunning(gateway: RunningGateway, count: number): Promise<void> {
  const end = Date.now() + 20_000;
  for (;;) {
    const { text } = await ask(gateway, { path: '/metrics' });
    const running = Number(/^llm_requests_in_flight\S* (\d+)/m.exec(text)?.[1]);
    if (running === count) return;
    if (Date.now() > end) throw new Error(`${running} requests run, not ${count}.`);
  }
}
