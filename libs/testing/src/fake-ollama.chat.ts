import type { ServerResponse } from 'node:http';

/** A call of a tool. */
export interface FakeCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What the fake Ollama does with one chat. `tokens` as a number says after how many tokens the fault comes. */
export type FakeChat =
  /** Answers in order. `paceMs` waits before each token. */
  | {
      readonly kind: 'answer';
      readonly tokens?: readonly string[];
      readonly thinking?: string;
      /** Tools that are called after the tokens, in one line. */
      readonly calls?: readonly FakeCall[];
      readonly paceMs?: number;
      readonly reason?: string;
      readonly promptTokens?: number;
    }
  | { readonly kind: 'hangBeforeHeaders' }
  | { readonly kind: 'hangAfter'; readonly tokens: number }
  /** The connection is cut, as when Ollama is killed. */
  | { readonly kind: 'cutAfter'; readonly tokens: number }
  /** The answer ends in good order, but nothing says that it is done. */
  | { readonly kind: 'endAfter'; readonly tokens: number }
  | { readonly kind: 'errorAfter'; readonly tokens: number; readonly message: string }
  /** One token again and again, until Ollama breaks off without a last line. */
  | { readonly kind: 'repeat'; readonly token: string; readonly stream: boolean }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'status'; readonly status: number; readonly body: string }
  | { readonly kind: 'tooLong' }
  /** As many lines of a kilobyte as the client takes. */
  | { readonly kind: 'flood'; readonly lines: number }
  /** These bytes, one write each, and the end. */
  | { readonly kind: 'raw'; readonly writes: readonly Uint8Array[] }
  /** These bytes on the wire in one write, head and chunks included. */
  | { readonly kind: 'wire'; readonly bytes: string };

/** Where a chat is answered. */
export interface FakeChatContext {
  readonly response: ServerResponse;
  /** A flood could not write for a while. */
  readonly onStall: () => void;
}

type Body = Readonly<Record<string, unknown>>;
type Reply = FakeChatContext & { readonly body: Body };

const WORDS = ['Hello', ' there', '!'];
const STALL_MS = 300;
const REPEATS = 31;
/** The tokenizer of the fake: so many characters are a token. */
export const FAKE_CHARACTERS_PER_TOKEN = 4;

function piece(model: unknown, content: string, more: object = {}): string {
  const message = { role: 'assistant', content, ...more };
  return `${JSON.stringify({ model, created_at: '2026-01-02T03:04:05Z', message, done: false })}\n`;
}

function callsOf({ calls }: { calls?: readonly FakeCall[] }): object {
  return calls === undefined ? {} : { tool_calls: calls.map((call) => ({ function: call })) };
}

interface LastLine {
  readonly reason?: string;
  readonly prompt?: number;
  readonly tokens: number;
  /** What else the message has. */
  readonly message?: object;
}

function last(model: unknown, { reason = 'stop', prompt = 7, tokens, message: more }: LastLine): string {
  const message = { role: 'assistant', content: '', ...more };
  const figures = { prompt_eval_count: prompt, eval_count: tokens, total_duration: 1 };
  return `${JSON.stringify({ model, message, done: true, done_reason: reason, ...figures })}\n`;
}

function open(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
}

async function answer(behaviour: FakeChat & { kind: 'answer' }, reply: Reply): Promise<void> {
  const { response, body } = reply;
  const tokens = behaviour.tokens ?? WORDS;
  const counts = { reason: behaviour.reason, prompt: behaviour.promptTokens, tokens: tokens.length };
  open(response);
  if (body.stream === false) {
    response.end(last(body.model, { ...counts, message: { content: tokens.join(''), ...callsOf(behaviour) } }));
    return;
  }
  if (behaviour.thinking !== undefined) response.write(piece(body.model, '', { thinking: behaviour.thinking }));
  for (const token of tokens) {
    if (behaviour.paceMs !== undefined) await new Promise((resolve) => setTimeout(resolve, behaviour.paceMs));
    if (response.destroyed) return;
    response.write(piece(body.model, token));
  }
  if (behaviour.calls !== undefined) response.write(piece(body.model, '', callsOf(behaviour)));
  response.end(last(body.model, counts));
}

/** Writes the tokens and calls `then` once they have left, so that a fault cannot overtake them. */
function afterTokens(count: number, reply: Reply, then: () => void): void {
  open(reply.response);
  const text = Array.from({ length: count }, (_, index) => piece(reply.body.model, `t${index} `)).join('');
  if (text === '') {
    reply.response.flushHeaders();
    setImmediate(then);
  } else reply.response.write(text, () => setImmediate(then));
}

type LateFault = FakeChat & { kind: 'hangAfter' | 'cutAfter' | 'endAfter' | 'errorAfter' };

function breakOff(fault: LateFault, response: ServerResponse): void {
  if (fault.kind === 'cutAfter') response.socket?.destroy();
  if (fault.kind === 'endAfter') response.end();
  if (fault.kind === 'errorAfter') response.end(`${JSON.stringify({ error: fault.message })}\n`);
}

async function flood(lines: number, reply: Reply): Promise<void> {
  const { response, body, onStall } = reply;
  open(response);
  const line = piece(body.model, 'x'.repeat(1024));
  for (let index = 0; index < lines && !response.destroyed; index += 1) {
    if (response.write(line)) continue;
    const timer = setTimeout(onStall, STALL_MS);
    await new Promise<void>((resolve) => {
      const go = (): void => {
        response.off('drain', go).off('close', go);
        resolve();
      };
      response.on('drain', go).on('close', go);
    });
    clearTimeout(timer);
  }
  if (!response.destroyed) response.end(last(body.model, { tokens: lines }));
}

async function raw(writes: readonly Uint8Array[], response: ServerResponse): Promise<void> {
  open(response);
  response.socket?.setNoDelay(true);
  for (const bytes of writes) {
    await new Promise<void>((resolve) => response.write(bytes, () => resolve()));
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
}

/** Renders like the real one: messages before the last are left out when they do not fit `num_ctx`. */
export function renderChat(body: Body, response: ServerResponse): void {
  const messages = body.messages as readonly { content: string }[];
  const limit = ((body.options as { num_ctx?: number } | undefined)?.num_ctx ?? 4096) * FAKE_CHARACTERS_PER_TOKEN;
  const all = messages.map((message) => message.content).join('\n');
  const text = all.length <= limit || body.truncate === false ? all : (messages.at(-1)?.content ?? '');
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ message: { content: '' }, done: false, _debug_info: { rendered_template: text } }));
}

function repeat(behaviour: FakeChat & { kind: 'repeat' }, { response, body }: Reply): void {
  const whole = Array.from({ length: REPEATS }, () => behaviour.token);
  open(response);
  const pieces = behaviour.stream ? whole : [whole.join('')];
  response.end(pieces.map((text) => piece(body.model, text)).join(''));
}

function refuseLength(response: ServerResponse): void {
  response.writeHead(400, { 'content-type': 'application/json' });
  response.end('{"error":"the input length exceeds the context length"}');
}

/** Tokens of a text, by the tokenizer of the fake. */
export function fakeTokens(text: string): number {
  return Math.ceil(text.length / FAKE_CHARACTERS_PER_TOKEN);
}

/** Reads the prompt and writes one token, as an answer of `num_predict: 1` does. */
export function probe(body: Body, response: ServerResponse): void {
  const messages = (body.messages ?? []) as readonly { content: string }[];
  const text = typeof body.prompt === 'string' ? body.prompt : messages.map((message) => message.content).join('\n');
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      model: body.model,
      done: true,
      done_reason: 'length',
      prompt_eval_count: fakeTokens(text),
      eval_count: 1,
    }),
  );
}

/** Whether the call only wants to know how long its prompt is. */
export function isProbe(body: Body): boolean {
  return body.stream === false && (body.options as { num_predict?: number } | undefined)?.num_predict === 1;
}

/** Answers one call of `/api/chat`. */
export function answerChat(behaviour: FakeChat, body: Body, context: FakeChatContext): void {
  const reply = { ...context, body };
  const { response } = context;
  const breakDown = (error: unknown): void => void response.destroy(error as Error);
  switch (behaviour.kind) {
    case 'answer':
      return void answer(behaviour, reply).catch(breakDown);
    case 'hangBeforeHeaders':
      return;
    case 'hangAfter':
    case 'cutAfter':
    case 'endAfter':
    case 'errorAfter':
      return afterTokens(behaviour.tokens, reply, () => breakOff(behaviour, response));
    case 'repeat':
      return repeat(behaviour, reply);
    case 'garbage':
      open(response);
      return void response.end(Buffer.from([0x00, 0xff, 0x7b, 0x0a, 0x9f, 0x0a]));
    case 'status':
      return void response.writeHead(behaviour.status).end(behaviour.body);
    case 'tooLong':
      return refuseLength(response);
    case 'wire':
      return void response.socket?.write(behaviour.bytes);
    case 'flood':
      return void flood(behaviour.lines, reply).catch(breakDown);
    case 'raw':
      return void raw(behaviour.writes, response).catch(breakDown);
  }
}

/** Answers one call of `/api/generate` that has a prompt: the tokens of an answer, or a refusal for its length. */
export function answerGenerate(behaviour: FakeChat, body: Body, response: ServerResponse): void {
  if (behaviour.kind === 'tooLong') return refuseLength(response);
  const tokens = behaviour.kind === 'answer' ? (behaviour.tokens ?? WORDS) : WORDS;
  const line = (response: string, more: object): string =>
    `${JSON.stringify({ model: body.model, response, ...more })}\n`;
  const counts = {
    done: true,
    done_reason: 'stop',
    prompt_eval_count: fakeTokens(String(body.prompt)),
    eval_count: tokens.length,
  };
  open(response);
  if (body.stream === false) return void response.end(line(tokens.join(''), counts));
  response.end(tokens.map((token) => line(token, { done: false })).join('') + line('', counts));
}
