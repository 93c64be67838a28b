import { readFileSync, readdirSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ApiError,
  ChatCompletionRequest,
  parseChatCompletionRequest,
  parseCompletionRequest,
  parseEmbeddingRequest,
} from '@local-llm-agent/contracts';
import { FakeEngine, errorAnswer, fullAnswer } from '@local-llm-agent/testing';
import { CHAT, CHAT_PATH, ask, askChat, startGateway, type Answer, type RunningGateway } from './gateway.harness.js';

type Json = Record<string, unknown>;

interface Operation {
  readonly requestBody?: { content: Record<string, { schema: Json; examples?: Record<string, { value: unknown }> }> };
  readonly parameters?: { name: string; in: string }[];
  readonly responses: Record<string, { content?: Record<string, { schema: Json }> }>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, Json & { properties: Json }> };
}

describe('the OpenAPI document', () => {
  let engine: FakeEngine;
  let gateway: RunningGateway;
  let document: Document;
  let ajv: Ajv2020;

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url);
    const answer = await ask(gateway, { path: '/openapi.json' });
    expect(answer.status).toBe(200);
    document = answer.json() as Document;
    ajv = new Ajv2020({ strict: false, formats: { byte: true } });
    ajv.addSchema(document, 'api');
  });

  afterAll(async () => {
    await gateway.stop();
    await engine.close();
  });

  const accepts = (ref: string, value: unknown): boolean => ajv.validate({ $ref: `api#/${ref}` }, value);

  it('is OpenAPI 3 and has every path of the gateway', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(JSON.stringify(document)).not.toContain('"nullable"');
    const paths = [
      '/',
      '/admin/activity',
      '/admin/events',
      '/admin/models',
      '/admin/models/{id}/load',
      '/admin/models/{id}/pin',
      '/admin/models/{id}/unload',
      '/admin/models/{id}/unpin',
      '/admin/requests',
      '/admin/residency',
      '/admin/timeline',
      '/admin/usage',
      '/api/blobs/{digest}',
      '/api/chat',
      '/api/copy',
      '/api/create',
      '/api/delete',
      '/api/embed',
      '/api/embeddings',
      '/api/generate',
      '/api/ps',
      '/api/pull',
      '/api/push',
      '/api/show',
      '/api/tags',
      '/api/version',
      '/chat',
      '/chat/{model_name}',
      '/health',
      '/health/live',
      '/health/ready',
      '/mcp',
      '/mcp/tools',
      '/mcp/tools/{name}',
      '/metrics',
      '/models',
      CHAT_PATH,
      '/v1/completions',
      '/v1/embeddings',
      '/v1/messages',
      '/v1/messages/count_tokens',
      '/v1/models',
      '/v1/models/{id}',
      '/v1/responses',
      '/v1/responses/{response_id}',
      '/v1/responses/{response_id}/input_items',
    ];
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(paths));
  });

  it('names each path parameter that a path has', () => {
    for (const [path, operations] of Object.entries(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      for (const operation of Object.values(operations)) {
        const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
        expect(declared.map((parameter) => parameter.name)).toEqual(inPath);
      }
    }
  });

  it('has references that all lead somewhere', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      (match) => match[1]!,
    );
    expect(references.length).toBeGreaterThan(0);
    expect(references.filter((name) => !(name in document.components.schemas))).toEqual([]);
  });

  it.each([
    ['ChatCompletionRequest', parseChatCompletionRequest],
    ['CompletionRequest', parseCompletionRequest],
    ['EmbeddingRequest', parseEmbeddingRequest],
  ] as const)('describes parameters of a %s that are all checked', (name, parse) => {
    const described = Object.keys(document.components.schemas[name]!.properties);
    expect(described.length).toBeGreaterThan(4);
    for (const parameter of described) {
      const body = { ...CHAT, prompt: 'a', input: 'a', [parameter]: [[]] };
      expect(() => parse(Buffer.from(JSON.stringify(body)))).toThrow(new RegExp(`^${parameter}`));
    }
  });

  it('has examples that work', async () => {
    engine.answerWith(fullAnswer);
    let examples = 0;
    for (const path of [CHAT_PATH, '/v1/completions', '/v1/embeddings']) {
      const body = document.paths[path]!['post']!.requestBody!.content['application/json']!;
      for (const [title, { value }] of Object.entries(body.examples ?? {})) {
        const answer = await ask(gateway, { path, body: value });
        expect([path, title, answer.status]).toEqual([path, title, 200]);
        examples += 1;
      }
    }
    expect(examples).toBeGreaterThan(10);
  });

  it.each<[string, Json]>([
    ['the least', {}],
    [
      'nulls',
      { max_tokens: null, temperature: null, top_p: null, stop: null, stream: null, stream_options: null, seed: null },
    ],
    ['bounds', { max_tokens: 1, temperature: 2, top_p: 0, stop: ['a', 'b', 'c', 'd'], seed: -1 }],
    ['text parts', { messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }], name: null }] }],
    ['options', { stream: true, stream_options: { include_usage: true } }],
    ['no model', { model: undefined }],
    ['an empty model', { model: '' }],
    ['a long model', { model: 'x'.repeat(257) }],
    ['a model that is a number', { model: 1 }],
    ['no messages', { messages: undefined }],
    ['empty messages', { messages: [] }],
    ['an unknown role', { messages: [{ role: 'bot', content: 'x' }] }],
    ['content that is a number', { messages: [{ role: 'user', content: 1 }] }],
    ['empty content', { messages: [{ role: 'user', content: [] }] }],
    ['a part of another kind', { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }],
    ['max_tokens 0', { max_tokens: 0 }],
    ['max_tokens 1.5', { max_tokens: 1.5 }],
    ['max_completion_tokens as text', { max_completion_tokens: '5' }],
    ['temperature 2.1', { temperature: 2.1 }],
    ['top_p -1', { top_p: -1 }],
    ['five stops', { stop: ['a', 'b', 'c', 'd', 'e'] }],
    ['a stop that is a number', { stop: 1 }],
    ['seed 1.5', { seed: 1.5 }],
    ['stream as text', { stream: 'yes' }],
    ['include_usage as text', { stream_options: { include_usage: 'yes' } }],
  ])('and the validator agree about %s', (_, fields) => {
    const body = JSON.parse(JSON.stringify({ ...CHAT, ...fields })) as Json;
    const validator = (): boolean => {
      try {
        return parseChatCompletionRequest(Buffer.from(JSON.stringify(body))) instanceof ChatCompletionRequest;
      } catch (error) {
        if (error instanceof ApiError && error.status === 400) return false;
        throw error;
      }
    };
    expect(accepts('components/schemas/ChatCompletionRequest', body)).toBe(validator());
  });

  it('describes what the gateway really answers', async () => {
    const schemaAt = (path: string, method: string, status: string): string => {
      const pointer = ['paths', path, method, 'responses', status, 'content', 'application/json', 'schema'];
      return pointer.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
    };
    const check = (answer: Answer, path: string, method: string): void => {
      const fits = accepts(schemaAt(path, method, String(answer.status)), answer.json());
      expect([path, answer.status, fits, ajv.errorsText()]).toEqual([path, answer.status, true, 'No errors']);
    };
    check(await ask(gateway, { path: '/health' }), '/health', 'get');
    check(await ask(gateway, { path: '/v1/models' }), '/v1/models', 'get');
    for (const path of ['/admin/activity', '/admin/timeline']) check(await ask(gateway, { path }), path, 'get');
    check(await ask(gateway, { path: '/v1/models/none' }), '/v1/models/{id}', 'get');
    engine.answerWith(fullAnswer);
    check(await askChat(gateway), CHAT_PATH, 'post');
    for (const [path, body] of [
      ['/v1/completions', { model: 'gemma3', prompt: 'a', n: 2 }],
      ['/v1/embeddings', { input: 'a' }],
      ['/v1/embeddings', { input: 'a', encoding_format: 'base64' }],
      ['/v1/embeddings', { input: '' }],
    ] as const)
      check(await ask(gateway, { path, body }), path, 'post');
    for (const fields of [{ model: 1 }, {}]) {
      engine.answerWith(errorAnswer(500, ''));
      check(await askChat(gateway, fields), CHAT_PATH, 'post');
    }
    engine.health = undefined;
    check(await ask(gateway, { path: '/health' }), '/health', 'get');
  });

  it('describes every event that the real system sends, and all that is in it', () => {
    const schemas = Object.entries(document.components.schemas).map(([name, schema]) => [
      name,
      name.endsWith('Object') ? { ...schema, additionalProperties: false } : schema,
    ]);
    const closed = new Ajv2020({ strict: false, formats: { byte: true } });
    closed.addSchema({ components: { schemas: Object.fromEntries(schemas) as Json } }, 'closed');
    const folder = new URL('../../../tests/contract/openai/', import.meta.url);
    let events = 0;
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.sse'))) {
      const name = file.startsWith('chat-') ? 'ChatCompletionChunkObject' : 'CompletionObject';
      const stream = readFileSync(new URL(file, folder), 'utf8');
      for (const [, data = ''] of stream.matchAll(/^data: (\{.*)$/gm)) {
        closed.validate({ $ref: `closed#/components/schemas/${name}` }, JSON.parse(data));
        expect([file, data, closed.errorsText()]).toEqual([file, data, 'No errors']);
        events += 1;
      }
    }
    expect(events).toBeGreaterThan(20);
  });

  it('has a page', async () => {
    const answer = await ask(gateway, { path: '/docs' });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const files = [...answer.text.matchAll(/(?:src|href)="\.\/(docs\/[^"]+)"/g)].map((match) => match[1]!);
    expect(files.length).toBeGreaterThan(3);
    for (const path of files) expect([path, (await ask(gateway, { path: `/${path}` })).status]).toEqual([path, 200]);
    expect((await ask(gateway, { path: '/docs/swagger-ui-init.js' })).text).toContain('"/v1/embeddings"');
  });
});
