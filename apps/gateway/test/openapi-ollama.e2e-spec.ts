import { describe, expect, it } from '@jest/globals';
import {
  parseOllamaChat,
  parseOllamaCopy,
  parseOllamaCreate,
  parseOllamaEmbed,
  parseOllamaEmbeddings,
  parseOllamaGenerate,
  parseOllamaModelName,
} from '@local-llm-agent/contracts';
import { errorAnswer, fullManagement, streamThenCut } from '@local-llm-agent/testing';
import { ask } from './gateway.harness.js';
import { DescribedScene, answerAt, isTaken } from './openapi.harness.js';

type Json = Record<string, unknown>;
type Parse = (bytes: Buffer) => object;

const DIGEST = `sha256:${'0'.repeat(64)}`;

/** A field of many requests, right and wrong. */
const MODEL_CASES: readonly Json[] = [
  {},
  { model: undefined },
  { model: '' },
  { model: 7 },
  { model: 'x'.repeat(257) },
  { keep_alive: 0 },
  { keep_alive: '5m' },
  { keep_alive: '-1' },
  { keep_alive: 'soon' },
  { keep_alive: true },
  { keep_alive: null, options: null },
  { options: { temperature: 2, num_ctx: 8192, seed: null, stop: ['a'], other: 'x' } },
  { options: { temperature: 2.1 } },
  { options: { num_ctx: 1.5 } },
  { options: { stop: '' } },
  { options: [] },
];

const TEXT_CASES: readonly Json[] = [
  { stream: 'yes' },
  { stream: null, format: null, think: null, logprobs: null, top_logprobs: null, truncate: null, shift: null },
  { format: '' },
  { format: 'json', think: 'max', logprobs: true, top_logprobs: 20 },
  { format: { type: 'object' }, think: false },
  { format: 'xml' },
  { think: 'deep' },
  { top_logprobs: 21 },
];

const NAMES: readonly Json[] = [
  {},
  { model: undefined },
  { model: undefined, name: 'b' },
  { model: '', name: 'b' },
  { model: null, name: 'b' },
  { model: 7, name: 'b' },
  { name: '' },
  { model: '', name: '' },
  { model: 'x'.repeat(257) },
];

const CASES: readonly (readonly [path: string, parse: Parse, least: Json, cases: readonly Json[]])[] = [
  [
    '/api/chat',
    parseOllamaChat,
    { model: 'a' },
    [
      ...MODEL_CASES,
      ...TEXT_CASES,
      { messages: null, tools: null },
      { messages: [] },
      { messages: [{ role: 'user', content: null, images: ['iVBORw0KGgo='], tool_calls: null }] },
      { messages: [{ content: 'x' }] },
      { messages: [{ role: 'USER', content: 'x' }] },
      { messages: [{ role: 'user', content: 7 }] },
      { messages: [{ role: 'user', images: ['data:image/png'] }] },
      { messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: null } }] }] },
      { messages: [{ role: 'assistant', tool_calls: [{ function: { name: '' } }] }] },
      { messages: ['x'] },
      { messages: 'x' },
      { tools: [{ function: { name: 'f', description: null, parameters: null } }] },
      { tools: [{ type: null, function: { name: 'f' } }] },
      { tools: [{ type: 'search', function: { name: 'f' } }] },
      { tools: [{ function: { name: 'a b' } }] },
      { tools: [{}] },
    ],
  ],
  [
    '/api/generate',
    parseOllamaGenerate,
    { model: 'a' },
    [
      ...MODEL_CASES,
      ...TEXT_CASES,
      { prompt: null, suffix: null, system: null, context: null, raw: null, images: null },
      { prompt: 'x', suffix: 'y', system: 'z', raw: true, context: [1, 2], images: ['aGk='] },
      { prompt: 7 },
      { context: [-1] },
      { context: ['1'] },
      { images: [''] },
      { raw: 'yes' },
    ],
  ],
  [
    '/api/embed',
    parseOllamaEmbed,
    { model: 'a' },
    [
      ...MODEL_CASES,
      { input: '', dimensions: 0 },
      { input: ['x'], truncate: null },
      { input: [''] },
      { input: 7 },
      { dimensions: -1 },
    ],
  ],
  ['/api/embeddings', parseOllamaEmbeddings, { model: 'a' }, [...MODEL_CASES, { prompt: null }, { prompt: [] }]],
  ['/api/show', parseOllamaModelName, { model: 'a' }, [...NAMES, { verbose: null }, { verbose: 'yes' }]],
  ['/api/pull', parseOllamaModelName, { model: 'a' }, [...NAMES, { stream: false, insecure: true }, { insecure: 1 }]],
  ['/api/delete', parseOllamaModelName, { model: 'a' }, NAMES],
  [
    '/api/create',
    parseOllamaCreate,
    { model: 'a' },
    [
      ...NAMES,
      { model: 'a/b:c' },
      { model: '../a' },
      { model: '../a', name: 'b' },
      { model: undefined, name: '.a' },
      { from: 'b', files: { 'a.gguf': DIGEST }, adapters: null, parameters: { num_ctx: 1 }, license: ['a', 'b'] },
      { parameters: null, messages: null, license: null, template: null, system: null, quantize: null },
      { files: { 'a.gguf': 'sha256:0' } },
      { files: [] },
      { parameters: 'num_ctx' },
      { messages: ['x'] },
      { messages: {} },
      { license: 7 },
      { license: [7] },
    ],
  ],
  [
    '/api/copy',
    parseOllamaCopy,
    { source: 'a', destination: 'b' },
    [{}, { source: '' }, { source: undefined }, { destination: '../b' }, { destination: null }],
  ],
];

describe('the OpenAPI description of the Ollama API', () => {
  const scene = new DescribedScene();

  it.each(CASES)('says of %s what the validator takes', (path, parse, least, cases) => {
    const method = path === '/api/delete' ? 'delete' : 'post';
    const at = ['paths', path, method, 'requestBody', 'content', 'application/json', 'schema'];
    const bodies = cases.map((fields) => JSON.parse(JSON.stringify({ ...least, ...fields })) as Json);
    const taken = bodies.filter((body) => isTaken(parse, body));
    expect(bodies.filter((body) => scene.api.fits(at, body))).toEqual(taken);
    expect(taken.length).toBeGreaterThan(0);
    expect(taken.length).toBeLessThan(bodies.length);
  });

  it('says how a stream ends that breaks, and how a step that fails is told', async () => {
    scene.engine.answerWith(streamThenCut(''));
    const cut = await ask(scene.gateway, {
      path: '/api/chat',
      body: { model: 'gemma3', messages: [{ role: 'user' }] },
    });
    const last = JSON.parse(cut.text.trimEnd().split('\n').at(-1)!) as unknown;
    expect([cut.status, last]).toEqual([200, { error: expect.any(String) }]);
    const ended = answerAt({ path: '/api/chat', status: 200, type: 'application/x-ndjson' });
    expect(scene.api.fits(ended, last)).toBe(true);

    const error = { code: 'backend_unavailable', message: 'no disk', type: 'server_error', param: null } as const;
    scene.engine.manage = ({ res }) => {
      res.writeHead(200, { 'content-type': 'application/x-ndjson' });
      res.end(`${JSON.stringify({ error })}\n`);
    };
    const failed = await ask(scene.gateway, { path: '/api/pull', body: { model: 'gemma3', stream: false } });
    expect(failed.status).toBe(502);
    expect(scene.api.fits(answerAt({ path: '/api/pull', status: 502 }), failed.json())).toBe(true);
  });

  it('says how an error looks', async () => {
    scene.engine.manage = fullManagement;
    scene.engine.answerWith(errorAnswer(500, ''));
    const check = async (path: string, body: Json, status: number): Promise<void> => {
      const { status: given, ...refusal } = await ask(scene.gateway, { path, body });
      expect([path, given, scene.api.fits(answerAt({ path, status }), refusal.json())]).toEqual([path, status, true]);
    };
    await check('/api/show', { model: 'none' }, 404);
    await check('/api/show', {}, 400);
    await check('/api/generate', { model: 'gemma3', prompt: 'x' }, 503);
    await check('/api/embed', { model: 7 }, 400);
  });
});
