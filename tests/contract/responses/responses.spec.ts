import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ResponseStream } from 'openai/lib/responses/ResponseStream';
import {
  parseResponseRequest,
  type ResponseEvent,
  type ResponseObject,
  type ResponseRequest,
} from '@local-llm-agent/contracts';
import { collectSse } from '@local-llm-agent/testing';
import { StreamTranslation } from '../../../apps/gateway/src/inference/stream.translation.js';
import { toChatPlan } from '../../../apps/gateway/src/responses/response-chat.translate.js';
import { ResponseState } from '../../../apps/gateway/src/responses/response-events.state.js';
import { ResponseIds } from '../../../apps/gateway/src/responses/response-ids.state.js';
import { toResponseItems } from '../../../apps/gateway/src/responses/response-items.translate.js';
import { toResponseHead } from '../../../apps/gateway/src/responses/response-object.translate.js';
import { toFunctionNames } from '../../../apps/gateway/src/responses/response-tools.translate.js';
import { ResponseTranslator } from '../../../apps/gateway/src/responses/response.translator.js';

const FOLDER = import.meta.dirname;
const UPDATE = process.env['UPDATE_GOLDENS'] === '1';
const KEY = '0123456789abcdef0123456789abcdef';
const NAMES = readdirSync(FOLDER, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

const file = (name: string, of: string): string => path.join(FOLDER, name, of);
const read = (name: string, of: string): string => readFileSync(file(name, of), 'utf8');

const isStream = (name: string): boolean => exchangeOf(name).request.stream === true;

function expectGolden(name: string, of: string, text: string): void {
  if (UPDATE) writeFileSync(file(name, of), text);
  expect(text).toBe(read(name, of));
}

/** As values: how they are laid out on the page is the formatter's. */
function expectGoldenValue(name: string, of: string, value: object): void {
  if (UPDATE) writeFileSync(file(name, of), `${JSON.stringify(value, null, 2)}\n`);
  expect(value).toEqual(JSON.parse(read(name, of)));
}

interface Exchange {
  readonly request: ResponseRequest;
  readonly chat: object;
  readonly translator: ResponseTranslator;
  /** Responses that were to be stored. */
  readonly kept: ResponseObject[];
}

function exchangeOf(name: string): Exchange {
  const request = parseResponseRequest(Buffer.from(read(name, 'request.json')));
  const ids = new ResponseIds(KEY);
  const items = toResponseItems(request.input, ids, () => {
    throw new Error('There are no references here.');
  });
  const { chat, paths } = toChatPlan(request, items);
  const head = toResponseHead(request, { id: ids.response, createdAt: 1_764_100_000 });
  const state = new ResponseState(head, (prefix) => ids.next(prefix), toFunctionNames(request.tools));
  const kept: ResponseObject[] = [];
  const keep = (response: ResponseObject): Promise<void> => {
    kept.push(response);
    return Promise.resolve();
  };
  const terms = { paths, now: () => 1_764_100_001, keep, filling: undefined };
  return { request, chat, translator: new ResponseTranslator(state, terms), kept };
}

async function replay(name: string, { translator }: Exchange, size: number): Promise<string> {
  const bytes = Buffer.from(read(name, 'answer.sse'));
  const translation = new StreamTranslation(translator);
  let text = '';
  for (let at = 0; at < bytes.length; at += size) text += translation.push(bytes.subarray(at, at + size));
  if (translation.complete) {
    await translator.beforeEnd();
    text += translator.end();
  }
  return text;
}

it.each(NAMES)('the recorded request %s asks the engine for the same chat', (name) => {
  expectGoldenValue(name, 'chat.json', exchangeOf(name).chat);
});

describe.each(NAMES.filter(isStream))('the recorded stream %s', (name) => {
  it('has the same events, however the bytes come', async () => {
    const exchange = exchangeOf(name);
    const text = await replay(name, exchange, 65_536);
    expectGolden(name, 'response.sse', text);
    expect(await replay(name, exchangeOf(name), 7)).toBe(text);

    const events = (await collectSse([text])).map(({ event, data }) => {
      const parsed = JSON.parse(data) as ResponseEvent;
      expect(parsed.type).toBe(event);
      return parsed;
    });
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
    const last = events.at(-1)!;
    if (last.type === 'error') return;
    expect(exchange.kept).toEqual('response' in last ? [last.response] : []);

    // What OpenAI's own accumulator makes of the events is what the last one says.
    const source = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const event of events) controller.enqueue(Buffer.from(`${JSON.stringify(event)}\n`));
        controller.close();
      },
    });
    const deltas = ResponseStream.fromReadableStream(source);
    const final = await deltas.finalResponse();
    expect(final).toMatchObject({ ...exchange.kept[0] });
  });
});

describe.each(NAMES.filter((name) => !isStream(name)))('the recorded answer %s', (name) => {
  it('is the same', async () => {
    const { translator, kept } = exchangeOf(name);
    const body = translator.whole(read(name, 'answer.json'));
    await translator.beforeEnd();
    const response = JSON.parse(body) as ResponseObject;
    expect(kept).toEqual([response]);
    expectGoldenValue(name, 'response.json', response);
  });
});
