import { readFileSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { FakeEngine, endStream, openStream } from '@local-llm-agent/testing';
import { ask, startGateway, type RunningGateway } from './gateway.harness.js';

/** Streams of the real system, recorded by tools/record-openai.mjs. */
const FOLDER = new URL('../../../tests/contract/openai/', import.meta.url);
const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.sse'))
  .map((file) => file.slice(0, -'.sse'.length));

interface Recording {
  readonly route: string;
  readonly body: Record<string, unknown>;
  readonly stream: string;
}

function recording(name: string): Recording {
  const { route, body } = JSON.parse(readFileSync(new URL(`${name}.request.json`, FOLDER), 'utf8')) as Recording;
  return { route, body, stream: readFileSync(new URL(`${name}.sse`, FOLDER), 'utf8') };
}

let engine: FakeEngine;
let gateway: RunningGateway;
let client: OpenAI;
beforeAll(async () => {
  engine = await FakeEngine.start();
  gateway = await startGateway(engine.url);
  client = new OpenAI({ baseURL: `http://127.0.0.1:${gateway.port}/v1`, apiKey: 'any', maxRetries: 0 });
});
afterAll(async () => {
  await gateway.stop();
  await engine.close();
  expect(engine.faults).toEqual([]);
});

/** Plays a recorded stream in pieces of uneven length, as a network would. */
function play(stream: string): void {
  const bytes = Buffer.from(stream.slice(0, stream.lastIndexOf('data: [DONE]')));
  engine.answerWith(({ res }) => {
    openStream(res);
    for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 251)
      res.write(bytes.subarray(at, at + size));
    endStream(res);
  });
}

const chats = NAMES.filter((name) => name.startsWith('chat-'));
const completions = NAMES.filter((name) => name.startsWith('completion-'));

describe('recorded streams of the OpenAI routes', () => {
  it('are there for every kind of event', () => {
    expect(NAMES).toEqual([
      'chat-choices',
      'chat-counts',
      'chat-logprobs',
      'chat-reasoning',
      'chat-schema',
      'chat-stop',
      'chat-text',
      'chat-tool-call',
      'chat-usage',
      'completion-choices',
      'completion-logprobs',
      'completion-text',
    ]);
  });

  it.each(NAMES)('%s passes the gateway byte for byte', async (name) => {
    const { route, body, stream } = recording(name);
    play(stream);
    const answer = await ask(gateway, { path: `/v1/${route}`, body });
    expect(answer.text).toBe(stream);
  });

  it.each(chats)('%s is put together by the official client', async (name) => {
    const { body, stream } = recording(name);
    play(stream);
    const final = await client.chat.completions
      .stream(body as unknown as Parameters<typeof client.chat.completions.stream>[0])
      .finalChatCompletion();
    expect(final).toMatchSnapshot();
  });

  it.each(completions)('%s is read by the official client', async (name) => {
    const { body, stream } = recording(name);
    play(stream);
    const texts: string[] = [];
    const pieces = await client.completions.create(body as unknown as OpenAI.CompletionCreateParamsStreaming);
    for await (const { choices } of pieces)
      for (const { index, text } of choices) texts[index] = (texts[index] ?? '') + text;
    expect(texts).toMatchSnapshot();
  });
});
