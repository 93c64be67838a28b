import { describe, expect, it } from '@jest/globals';
import {
  parseAnthropicCountRequest,
  parseAnthropicMessagesRequest,
  parseLocalModelsChatRequest,
} from '@local-llm-agent/contracts';
import { errorAnswer, scriptedAnswers } from '@local-llm-agent/testing';
import { ask } from './gateway.harness.js';
import { DescribedScene, answerAt, classAt, isTaken } from './openapi.harness.js';

type Json = Record<string, unknown>;

const MESSAGES = { model: 'gemma3', max_tokens: 5, messages: [{ role: 'user', content: 'hi' }] };
const QUESTION = { message: 'hi' };

describe('the OpenAPI document about the other dialects', () => {
  const scene = new DescribedScene();

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
    const fits = (name: string): boolean => scene.api.fits(classAt(name), body);
    expect(fits('AnthropicMessagesRequest')).toBe(isTaken(parseAnthropicMessagesRequest, body));
    expect(fits('AnthropicCountRequest')).toBe(isTaken(parseAnthropicCountRequest, body));
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
    const taken = isTaken(parseLocalModelsChatRequest, body);
    expect(scene.api.fits(classAt('LocalModelsChatRequest'), body)).toBe(taken);
  });

  it('describes what the gateway really answers', async () => {
    const check = async (path: string, body: object | undefined, status: number): Promise<void> => {
      const answer = await ask(scene.gateway, { path, ...(body ? { body } : {}) });
      const place = answerAt({ path, status, method: body ? 'POST' : 'GET' });
      expect([path, answer.status, scene.api.faultOf(place, answer.json())]).toEqual([path, status, undefined]);
    };
    scene.engine.answerWith(scriptedAnswers({ text: ['a'] }));
    await check('/v1/messages', MESSAGES, 200);
    await check('/v1/messages', {}, 400);
    await check('/v1/messages/count_tokens', MESSAGES, 200);
    await check('/', undefined, 200);
    await check('/models', undefined, 200);
    await check('/chat', QUESTION, 200);
    await check('/chat', {}, 400);
    scene.engine.answerWith(errorAnswer(500, ''));
    await check('/v1/messages', MESSAGES, 503);
    await check('/chat', QUESTION, 503);
  });
});
