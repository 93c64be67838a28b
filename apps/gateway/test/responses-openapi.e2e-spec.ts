import { beforeAll, describe, expect, it } from '@jest/globals';
import { parseResponseRequest } from '@local-llm-agent/contracts';
import { chatAnswer, wholeChat } from '@local-llm-agent/testing';
import { ask, type Answer } from './gateway.harness.js';
import { DescribedScene, answerAt, classAt, isTaken } from './openapi.harness.js';

type Json = Record<string, unknown>;

const PATH = '/v1/responses';
const ONE = `${PATH}/{response_id}`;
const ASK = { model: 'gemma3', input: 'hi' } as const;
const TOOL = { type: 'function', name: 'f' };

interface Document {
  readonly components: { readonly schemas: Record<string, { properties: Json }> };
  readonly paths: Record<string, Record<string, { requestBody: { content: Record<string, { examples: Json }> } }>>;
}

describe('the OpenAPI description of responses', () => {
  const scene = new DescribedScene<Document>();

  beforeAll(() => {
    scene.engine.answerWith(chatAnswer(wholeChat({ content: 'Hello' })));
  });

  const accepted = (body: unknown): boolean => isTaken(parseResponseRequest, body);

  it('names only parameters that are checked', () => {
    const names = Object.keys(scene.document.components.schemas['ResponseRequest']!.properties);
    expect(names).toEqual(expect.arrayContaining(['input', 'previous_response_id', 'text', 'top_k', 'temperature']));
    expect(names).not.toContain('max_tokens');
    for (const name of names) expect([name, accepted({ ...ASK, [name]: [[]] })]).toEqual([name, false]);
  });

  it.each<[string, Json]>([
    ['the least', {}],
    ['nulls', { instructions: null, store: null, tools: null, text: null, reasoning: null, include: null }],
    ['items', { input: [{ role: 'user', content: 'x' }] }],
    ['a tool', { tools: [TOOL], tool_choice: { type: 'function', name: 'f' } }],
    ['no input', { input: undefined }],
    ['an empty input', { input: [] }],
    ['an empty text', { input: '' }],
    ['an unknown item', { input: [{ type: 'web_search_call' }] }],
    ['store as text', { store: 'yes' }],
    ['max_output_tokens 0', { max_output_tokens: 0 }],
    ['a search of files', { tools: [{ type: 'file_search' }] }],
    ['an unknown choice', { tool_choice: 'any' }],
    ['an unknown format', { text: { format: { type: 'xml' } } }],
    ['low verbosity', { text: { verbosity: 'low' } }],
    ['an unknown effort', { reasoning: { effort: 'huge' } }],
    ['a short summary', { reasoning: { summary: 'concise' } }],
    ['21 top_logprobs', { top_logprobs: 21 }],
    ['search results', { include: ['file_search_call.results'] }],
    ['metadata with a number', { metadata: { a: 1 } }],
  ])('and the validator agree about %s', (_, fields) => {
    const body = JSON.parse(JSON.stringify({ ...ASK, ...fields })) as Json;
    expect(scene.api.fits(classAt('ResponseRequest'), body)).toBe(accepted(body));
  });

  it('has examples that work', () => {
    const { examples } = scene.document.paths[PATH]!['post']!.requestBody.content['application/json']!;
    for (const example of Object.values(examples)) expect(accepted((example as { value: unknown }).value)).toBe(true);
  });

  it('says what is really answered', async () => {
    const check = (answer: Answer, path: string, method: string): void => {
      const { status } = answer;
      const fault = scene.api.faultOf(answerAt({ path, method, status }), answer.json());
      expect([path, method, status, fault]).toEqual([path, method, status, undefined]);
    };
    const made = await ask(scene.gateway, { path: PATH, body: ASK });
    const { id } = made.json() as { id: string };
    check(made, PATH, 'post');
    check(await ask(scene.gateway, { path: PATH, body: { model: 1 } }), PATH, 'post');
    check(await ask(scene.gateway, { path: PATH, body: { ...ASK, previous_response_id: 'resp_none' } }), PATH, 'post');
    check(await ask(scene.gateway, { path: `${PATH}/${id}` }), ONE, 'get');
    check(await ask(scene.gateway, { path: `${PATH}/${id}/input_items` }), `${ONE}/input_items`, 'get');
    check(await ask(scene.gateway, { path: `${PATH}/${id}/input_items?limit=x` }), `${ONE}/input_items`, 'get');
    check(await ask(scene.gateway, { path: `${PATH}/${id}`, method: 'DELETE' }), ONE, 'delete');
    check(await ask(scene.gateway, { path: `${PATH}/${id}`, method: 'DELETE' }), ONE, 'delete');
  });
});
