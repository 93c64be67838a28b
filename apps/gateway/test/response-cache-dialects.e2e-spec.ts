import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeEngine } from '@local-llm-agent/testing';
import { ask, startGateway, type Answer, type RunningGateway } from './gateway.harness.js';
import { model } from './mcp.harness.js';
import { numbered } from './response-cache.harness.js';

const MESSAGES = [{ role: 'user', content: 'hi' }];
const CHAT = { model: 'gemma3', messages: MESSAGES };

interface Case {
  readonly dialect: string;
  readonly path: string;
  readonly body: object;
  /** What is of one answer only, and differs when it is given again. */
  readonly own: RegExp;
}

const ANTHROPIC = { ...CHAT, max_tokens: 9, temperature: 0 };
const ANTHROPIC_OWN = /"id":"msg[^"]*"/g;
const OLLAMA_OWN = /"created_at":"[^"]*"/g;
const RESPONSE = { model: 'gemma3', input: 'hi', temperature: 0, store: false };
const RESPONSE_OWN = /"(?:id|item_id)":"[^"]*"|"created_at":\d+|"completed_at":\d+/g;

const CASES: readonly Case[] = [
  { dialect: 'Anthropic', path: '/v1/messages', body: ANTHROPIC, own: ANTHROPIC_OWN },
  { dialect: 'Anthropic, streamed', path: '/v1/messages', body: { ...ANTHROPIC, stream: true }, own: ANTHROPIC_OWN },
  {
    dialect: 'Ollama chat',
    path: '/api/chat',
    body: { ...CHAT, stream: false, options: { temperature: 0 } },
    own: OLLAMA_OWN,
  },
  { dialect: 'Ollama chat, streamed', path: '/api/chat', body: { ...CHAT, options: { seed: 1 } }, own: OLLAMA_OWN },
  {
    dialect: 'Ollama generate, streamed',
    path: '/api/generate',
    body: { model: 'gemma3', prompt: 'hi', raw: true, options: { temperature: 0 } },
    own: OLLAMA_OWN,
  },
  { dialect: 'Ollama embed', path: '/api/embed', body: { model: 'gemma3', input: ['hi'] }, own: /"\w+_duration":\d+/g },
  { dialect: 'responses', path: '/v1/responses', body: RESPONSE, own: RESPONSE_OWN },
  { dialect: 'responses, streamed', path: '/v1/responses', body: { ...RESPONSE, stream: true }, own: RESPONSE_OWN },
  {
    dialect: 'LocalModels',
    path: '/chat/gemma3',
    body: { message: 'hi', temperature: 0 },
    own: /"timestamp":"[^"]*"/g,
  },
];

describe('the response cache in the dialect of', () => {
  let engine: FakeEngine;
  let gateway: RunningGateway;

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url, { settings: { RESPONSE_CACHE: 'on' } });
  });

  beforeEach(() => {
    engine.answerWith(numbered());
  });

  afterAll(async () => {
    await gateway.stop();
    await engine.close();
    expect(engine.faults).toEqual([]);
  });

  it.each(CASES)('$dialect gives the same answer again', async ({ path, body, own }) => {
    const asked = engine.exchanges.length;
    const answers: Answer[] = [];
    for (let turn = 0; turn < 2; turn += 1) answers.push(await ask(gateway, { path, body }));
    const [first, second] = answers;
    expect(answers.map(({ status, headers }) => [status, headers['x-cache']])).toEqual([
      [200, 'miss'],
      [200, 'hit'],
    ]);
    expect(engine.exchanges.length).toBe(asked + 1);
    const bare = ({ text }: Answer): string => text.replace(own, '');
    expect(bare(second!)).toBe(bare(first!));
    expect(second!.headers['content-type']).toBe(first!.headers['content-type']);
  });

  it('Anthropic has the answer of OpenAI when the question behind it is the same', async () => {
    const messages = [{ role: 'user', content: 'the same' }];
    const openai = { model: 'gemma3', messages, max_tokens: 9, temperature: 0 };
    expect((await ask(gateway, { path: '/v1/messages', body: openai })).headers['x-cache']).toBe('miss');
    const sent = JSON.parse(engine.lastChat.body.toString()) as object;
    expect((await ask(gateway, { path: '/v1/chat/completions', body: sent })).headers['x-cache']).toBe('hit');
  });

  it('MCP keeps what its tools ask, and counts it once', async () => {
    engine.answerWith(model(() => ({ text: '{"city":"Paris"}' })));
    const question = {
      path: '/mcp/tools/extract',
      body: {
        text: 'I live in Paris.',
        schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      },
    };
    const asked = engine.exchanges.length;
    const [first, second] = [await ask(gateway, question), await ask(gateway, question)];
    expect([first.status, first.headers['x-cache'], second.headers['x-cache']]).toEqual([200, 'miss', 'hit']);
    expect(second.text).toBe(first.text);
    expect(engine.exchanges.length).toBe(asked + 1);
  });
});
