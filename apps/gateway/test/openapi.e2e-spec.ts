import { readFileSync, readdirSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from '@jest/globals';
import { parseChatCompletionRequest, parseCompletionRequest, parseEmbeddingRequest } from '@local-llm-agent/contracts';
import { errorAnswer, fullAnswer } from '@local-llm-agent/testing';
import { CHAT, CHAT_PATH, ask, askChat, type Answer } from './gateway.harness.js';
import { DescribedScene, answerAt, classAt, isTaken } from './openapi.harness.js';

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
  const scene = new DescribedScene<Document>();

  it('is OpenAPI 3 and has every path of the gateway', () => {
    expect(scene.document.openapi).toBe('3.1.0');
    expect(JSON.stringify(scene.document)).not.toContain('"nullable"');
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
    expect(Object.keys(scene.document.paths)).toEqual(expect.arrayContaining(paths));
  });

  it('names each path parameter that a path has', () => {
    for (const [path, operations] of Object.entries(scene.document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      for (const operation of Object.values(operations)) {
        const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
        expect(declared.map((parameter) => parameter.name)).toEqual(inPath);
      }
    }
  });

  it('has references that all lead somewhere', () => {
    const references = [...JSON.stringify(scene.document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      (match) => match[1]!,
    );
    expect(references.length).toBeGreaterThan(0);
    expect(references.filter((name) => !(name in scene.document.components.schemas))).toEqual([]);
  });

  it.each([
    ['ChatCompletionRequest', parseChatCompletionRequest],
    ['CompletionRequest', parseCompletionRequest],
    ['EmbeddingRequest', parseEmbeddingRequest],
  ] as const)('describes parameters of a %s that are all checked', (name, parse) => {
    const described = Object.keys(scene.document.components.schemas[name]!.properties);
    expect(described.length).toBeGreaterThan(4);
    for (const parameter of described) {
      const body = { ...CHAT, prompt: 'a', input: 'a', [parameter]: [[]] };
      expect(() => parse(Buffer.from(JSON.stringify(body)))).toThrow(new RegExp(`^${parameter}`));
    }
  });

  it('has examples that work', async () => {
    scene.engine.answerWith(fullAnswer);
    let examples = 0;
    for (const path of [CHAT_PATH, '/v1/completions', '/v1/embeddings']) {
      const body = scene.document.paths[path]!['post']!.requestBody!.content['application/json']!;
      for (const [title, { value }] of Object.entries(body.examples ?? {})) {
        const answer = await ask(scene.gateway, { path, body: value });
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
    const taken = isTaken(parseChatCompletionRequest, body);
    expect(scene.api.fits(classAt('ChatCompletionRequest'), body)).toBe(taken);
  });

  it('describes what the gateway really answers', async () => {
    const check = (answer: Answer, path: string, method: string): void => {
      const { status } = answer;
      const fault = scene.api.faultOf(answerAt({ path, method, status }), answer.json());
      expect([path, status, fault]).toEqual([path, status, undefined]);
    };
    check(await ask(scene.gateway, { path: '/health' }), '/health', 'get');
    check(await ask(scene.gateway, { path: '/v1/models' }), '/v1/models', 'get');
    for (const path of ['/admin/activity', '/admin/timeline']) check(await ask(scene.gateway, { path }), path, 'get');
    check(await ask(scene.gateway, { path: '/v1/models/none' }), '/v1/models/{id}', 'get');
    scene.engine.answerWith(fullAnswer);
    check(await askChat(scene.gateway), CHAT_PATH, 'post');
    for (const [path, body] of [
      ['/v1/completions', { model: 'gemma3', prompt: 'a', n: 2 }],
      ['/v1/embeddings', { input: 'a' }],
      ['/v1/embeddings', { input: 'a', encoding_format: 'base64' }],
      ['/v1/embeddings', { input: '' }],
    ] as const)
      check(await ask(scene.gateway, { path, body }), path, 'post');
    for (const fields of [{ model: 1 }, {}]) {
      scene.engine.answerWith(errorAnswer(500, ''));
      check(await askChat(scene.gateway, fields), CHAT_PATH, 'post');
    }
    scene.engine.health = undefined;
    check(await ask(scene.gateway, { path: '/health' }), '/health', 'get');
  });

  it('describes every event that the real system sends, and all that is in it', () => {
    const schemas = Object.entries(scene.document.components.schemas).map(([name, schema]) => [
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
    const answer = await ask(scene.gateway, { path: '/docs' });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const files = [...answer.text.matchAll(/(?:src|href)="\.\/(docs\/[^"]+)"/g)].map((match) => match[1]!);
    expect(files.length).toBeGreaterThan(3);
    for (const path of files)
      expect([path, (await ask(scene.gateway, { path: `/${path}` })).status]).toEqual([path, 200]);
    expect((await ask(scene.gateway, { path: '/docs/swagger-ui-init.js' })).text).toContain('"/v1/embeddings"');
  });
});
