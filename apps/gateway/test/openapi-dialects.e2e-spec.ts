import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ApiError,
  parseAnthropicCountRequest,
  parseAnthropicMessagesRequest,
  parseLocalModelsChatRequest,
} from '@local-llm-agent/contracts';
import { FakeEngine, errorAnswer, scriptedAnswers } from '@local-llm-agent/testing';
import { ask, startGateway, type RunningGateway } from './gateway.harness.js';

type Json = Record<string, unknown>;

const MESSAGES = { model: 'gemma3', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] };
const QUESTION = { message: 'hi' };

describe('the OpenAPI document about the other dialects', () => {
  let engine: FakeEngine;
  let gateway: RunningGateway;
  let ajv: Ajv2020;

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url);
    ajv = new Ajv2020({ strict: false, formats: { byte: true } });
    ajv.addSchema((await ask(gateway, { path: '/openapi.json' })).json() as Json, 'api');
  });

  afterAll(async () => {
    await gateway.stop();
    await engine.close();
  });

  const accepted = (parse: (bytes: Buffer) => unknown, body: Json): boolean => {
    try {
      parse(Buffer.from(JSON.stringify(body)));
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 400) return false;
      throw error;
    }
  };

  it.each<[Json]>([
    [{}],
    [{ max_tokens: 0 }],
    [{ max_tokens: null }],
    [{ model: '' }],
    [{ messages: [] }],
    [{ messages: [{ role: 'tool', content: 'x' }] }],
    [{ system: null, tools: null, tool_choice: null, thinking: null, stop_sequences: null, metadata: null }],
    [{ system: 'x', temperature: 1, top_p: 0, top_k: 0, stream: true, service_tier: 'auto' }],
    [{ system: 7 }],
    [{ temperature: 1.5 }],
    [{ top_k: -1 }],
    [{ stream: 'yes' }],
    [{ stop_sequences: ['a'] }],
    [{ stop_sequences: ['', 'b'] }],
    [{ stop_sequences: 'a' }],
    [{ tools: [{ name: 'f', input_schema: { type: 'object' } }], tool_choice: { type: 'any' } }],
    [{ tools: [{ name: 'a b', input_schema: { type: 'object' } }] }],
    [{ tools: [{ name: 'f', input_schema: {} }] }],
    [{ tools: [{ name: 'f', type: 'web_search' }] }],
    [{ tool_choice: { type: 'required' } }],
    [{ thinking: { type: 'adaptive', display: null } }],
    [{ thinking: { type: 'deep' } }],
    [{ output_config: { effort: null, format: null } }],
    [{ output_config: { effort: 'most' } }],
    [{ output_format: { type: 'json_schema', schema: {} } }],
    [{ output_format: { type: 'text' } }],
    [{ service_tier: 'flex' }],
  ])('and the validator agree about a message with %j', (fields) => {
    const body = JSON.parse(JSON.stringify({ ...MESSAGES, ...fields })) as Json;
    const fits = (name: string): boolean => ajv.validate({ $ref: `api#/components/schemas/${name}` }, body);
    expect(fits('AnthropicMessagesRequest')).toBe(accepted(parseAnthropicMessagesRequest, body));
    expect(fits('AnthropicCountRequest')).toBe(accepted(parseAnthropicCountRequest, body));
  });

  it.each<[Json]>([
    [{}],
    [{ model: null, max_tokens: null, temperature: null, reasoning: null, stream: null }],
    [{ model: 'x', max_tokens: 1, temperature: 2, reasoning: 'low', stream: true }],
    [{ message: '' }],
    [{ message: 7 }],
    [{ model: '' }],
    [{ max_tokens: 0 }],
    [{ temperature: 2.1 }],
    [{ reasoning: 'none' }],
    [{ stream: 1 }],
  ])('and the validator agree about a question with %j', (fields) => {
    const body = { ...QUESTION, ...fields };
    expect(ajv.validate({ $ref: 'api#/components/schemas/LocalModelsChatRequest' }, body)).toBe(
      accepted(parseLocalModelsChatRequest, body),
    );
  });

  it('describes what the gateway really answers', async () => {
    const check = async (path: string, body: object | undefined, status: number): Promise<void> => {
      const answer = await ask(gateway, { path, ...(body ? { body } : {}) });
      const method = body ? 'post' : 'get';
      const pointer = ['paths', path, method, 'responses', String(status), 'content', 'application/json', 'schema'];
      const at = pointer.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
      const fits = ajv.validate({ $ref: `api#/${at}` }, answer.json());
      expect([path, answer.status, fits, ajv.errorsText()]).toEqual([path, status, true, 'No errors']);
    };
    engine.answerWith(scriptedAnswers({ text: ['a'] }));
    await check('/v1/messages', MESSAGES, 200);
    await check('/v1/messages', {}, 400);
    await check('/v1/messages/count_tokens', MESSAGES, 200);
    await check('/', undefined, 200);
    await check('/models', undefined, 200);
    await check('/chat', QUESTION, 200);
    await check('/chat', {}, 400);
    engine.answerWith(errorAnswer(500, ''));
    await check('/v1/messages', MESSAGES, 503);
    await check('/chat', QUESTION, 503);
  });
});
