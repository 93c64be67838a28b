import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiError, parseResponseRequest } from '@local-llm-agent/contracts';
import { FakeEngine, chatAnswer, wholeChat } from '@local-llm-agent/testing';
import { ask, startGateway, type Answer, type RunningGateway } from './gateway.harness.js';

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
  let engine: FakeEngine;
  let gateway: RunningGateway;
  let document: Document;
  let ajv: Ajv2020;

  beforeAll(async () => {
    engine = await FakeEngine.start();
    engine.answerWith(chatAnswer(wholeChat({ content: 'Hello' })));
    gateway = await startGateway(engine.url);
    document = (await ask(gateway, { path: '/openapi.json' })).json() as Document;
    ajv = new Ajv2020({ strict: false, formats: { byte: true } });
    ajv.addSchema(document, 'api');
  });

  afterAll(async () => {
    await gateway.stop();
    await engine.close();
  });

  const fits = (pointer: readonly string[], value: unknown): boolean => {
    const ref = pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    return ajv.validate({ $ref: `api#/${ref}` }, value);
  };
  const accepted = (body: unknown): boolean => {
    try {
      parseResponseRequest(Buffer.from(JSON.stringify(body)));
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 400) return false;
      throw error;
    }
  };

  it('names only parameters that are checked', () => {
    const names = Object.keys(document.components.schemas['ResponseRequest']!.properties);
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
    expect(fits(['components', 'schemas', 'ResponseRequest'], body)).toBe(accepted(body));
  });

  it('has examples that work', () => {
    const { examples } = document.paths[PATH]!['post']!.requestBody.content['application/json']!;
    for (const example of Object.values(examples)) expect(accepted((example as { value: unknown }).value)).toBe(true);
  });

  it('says what is really answered', async () => {
    const check = (answer: Answer, path: string, method: string): void => {
      const pointer = [
        'paths',
        path,
        method,
        'responses',
        String(answer.status),
        'content',
        'application/json',
        'schema',
      ];
      const right = fits(pointer, answer.json());
      expect([path, method, answer.status, right, ajv.errorsText()]).toEqual([
        path,
        method,
        answer.status,
        true,
        'No errors',
      ]);
    };
    const made = await ask(gateway, { path: PATH, body: ASK });
    const { id } = made.json() as { id: string };
    check(made, PATH, 'post');
    check(await ask(gateway, { path: PATH, body: { model: 1 } }), PATH, 'post');
    check(await ask(gateway, { path: PATH, body: { ...ASK, previous_response_id: 'resp_none' } }), PATH, 'post');
    check(await ask(gateway, { path: `${PATH}/${id}` }), ONE, 'get');
    check(await ask(gateway, { path: `${PATH}/${id}/input_items` }), `${ONE}/input_items`, 'get');
    check(await ask(gateway, { path: `${PATH}/${id}/input_items?limit=x` }), `${ONE}/input_items`, 'get');
    check(await ask(gateway, { path: `${PATH}/${id}`, method: 'DELETE' }), ONE, 'delete');
    check(await ask(gateway, { path: `${PATH}/${id}`, method: 'DELETE' }), ONE, 'delete');
  });
});
