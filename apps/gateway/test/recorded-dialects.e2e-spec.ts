import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeEngine, endStream, openStream } from '@local-llm-agent/testing';
import { ask, startGateway, type RunningGateway } from './gateway.harness.js';

/** Streams of the real engine, recorded by tools/record-openai.mjs. */
const FOLDER = new URL('../../../tests/contract/openai/', import.meta.url);
const QUESTION = [{ role: 'user', content: 'What is the capital of France?' }];
const MOOD = { type: 'object', properties: { mood: { enum: ['good', 'bad'] } }, required: ['mood'] };

/** A streamed request in each dialect whose answer is that of a chat. */
const DIALECTS: Readonly<Record<string, { readonly path: string; readonly body: object }>> = {
  Anthropic: {
    path: '/v1/messages',
    body: {
      model: 'gemma3',
      messages: QUESTION,
      max_tokens: 2000,
      thinking: { type: 'enabled', budget_tokens: 1024 },
      tools: [{ name: 'set_mood', input_schema: MOOD }],
      stream: true,
    },
  },
  Ollama: {
    path: '/api/chat',
    body: {
      model: 'gemma3',
      messages: QUESTION,
      tools: [{ type: 'function', function: { name: 'set_mood', parameters: MOOD } }],
    },
  },
  LocalModels: { path: '/chat', body: { model: 'gemma3', message: 'hi', stream: true } },
  Responses: {
    path: '/v1/responses',
    body: {
      model: 'gemma3',
      input: 'hi',
      tools: [{ type: 'function', name: 'set_mood', parameters: MOOD, strict: true }],
      stream: true,
      store: false,
    },
  },
};
const RECORDINGS = ['chat-counts', 'chat-tool-call', 'chat-reasoning'] as const;
const FAILURE = { code: 'backend_unavailable', message: 'The runtime is gone.', type: 'server_error', param: null };

let engine: FakeEngine;
let gateway: RunningGateway;
beforeAll(async () => {
  engine = await FakeEngine.start();
  gateway = await startGateway(engine.url);
});
afterAll(async () => {
  await gateway.stop();
  await engine.close();
  expect(engine.faults).toEqual([]);
});

function recorded(name: string): string {
  return readFileSync(new URL(`${name}.sse`, FOLDER), 'utf8').replace('data: [DONE]\n\n', '');
}

/** Ids and times differ with every run. */
function settled(text: string): string {
  return text
    .replaceAll(/"created_at":"[^"]+"/g, '"created_at":"then"')
    .replaceAll(/"(created_at|completed_at)":\d+/g, '"$1":1')
    .replaceAll(/"(resp|msg|fc|rs|toolu)_\w+"/g, '"$1_1"')
    .replaceAll(/"obfuscation":"\w*"/g, '"obfuscation":"x"')
    .replaceAll(/"request_id":"[^"]+"/g, '"request_id":"r"');
}

describe.each(Object.entries(DIALECTS))('a recorded stream in the dialect of %s', (_, { path, body }) => {
  it.each(RECORDINGS)('%s, after a heartbeat', async (name) => {
    engine.answerWith(({ res }) => {
      openStream(res);
      res.write(': waiting\n\n');
      res.write(recorded(name));
      endStream(res);
    });
    const { status, text } = await ask(gateway, { path, body });
    expect([status, text]).toEqual([200, expect.any(String)]);
    expect(settled(text)).toMatchSnapshot();
  });

  it('that fails in the middle', async () => {
    const events = recorded('chat-counts').split('\n\n').slice(0, 3);
    engine.answerWith(({ res }) => {
      openStream(res);
      res.end(`${events.join('\n\n')}\n\ndata: ${JSON.stringify({ error: FAILURE })}\n\n`);
    });
    const { status, text } = await ask(gateway, { path, body });
    expect(status).toBe(200);
    expect(text).toContain(FAILURE.message);
    expect(settled(text)).toMatchSnapshot();
  });
});
