import { beforeEach, describe, expect, it } from '@jest/globals';
import { collectSse, errorAnswer, streamThenCut } from '@local-llm-agent/testing';
import { CHAT_PATH, DISPATCHES, ask, askChat, type Answer } from './gateway.harness.js';
import { CacheScene, numbered } from './response-cache.harness.js';

/** One answer only. */
const COLD = { temperature: 0 } as const;
const USE = { 'x-cache-control': 'use' } as const;

interface Chat {
  id: string;
  created: number;
  model: string;
  choices: { message: { content: string }; finish_reason: string }[];
}

interface Chunk extends Omit<Chat, 'choices'> {
  choices: { delta: { content?: string } }[];
}

const textOf = (answer: Answer): string => (answer.json() as Chat).choices[0]?.message.content ?? answer.text;

/** What a stream says: its text, and the ids, times and models of its events. */
async function readStream({ text }: Answer): Promise<{ text: string; heads: string[]; last: string | undefined }> {
  const events = await collectSse([text]);
  const chunks = events.slice(0, -1).map(({ data }) => JSON.parse(data) as Chunk);
  return {
    text: chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta.content)).join(''),
    heads: [...new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`))],
    last: events.at(-1)?.data,
  };
}

describe('the response cache', () => {
  const scene = new CacheScene();

  /** What two like requests get: the state of the cache and the text. */
  async function twice(fields: object, headers: Record<string, string> = {}): Promise<(string | undefined)[]> {
    const answers = [await askChat(scene.gateway, fields, headers), await askChat(scene.gateway, fields, headers)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    return answers.flatMap((answer) => [answer.headers['x-cache'] as string | undefined, textOf(answer)]);
  }

  describe('that is off unless it is asked for', () => {
    beforeEach(() => scene.start());

    it('leaves requests alone that do not ask', async () => {
      expect(await twice(COLD)).toEqual([undefined, 'answer 1', undefined, 'answer 2']);
    });

    it('answers the second of two that ask', async () => {
      expect(await twice(COLD, USE)).toEqual(['miss', 'answer 1', 'hit', 'answer 1']);
      expect(scene.engine.exchanges.length).toBe(1);
    });

    it('does not take Cache-Control of a browser for a wish', async () => {
      expect(await twice(COLD, { 'cache-control': 'max-age=60' })).toEqual([
        undefined,
        'answer 1',
        undefined,
        'answer 2',
      ]);
    });

    it('refuses a word that it does not know', async () => {
      const answer = await askChat(scene.gateway, COLD, { 'x-cache-control': 'always' });
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ error: { code: 'invalid_request', param: 'X-Cache-Control' } });
      // Also where there is nothing to keep.
      const headers = { 'x-cache-control': 'always' };
      const body = { model: 'gemma3', messages: [{ role: 'user', content: 'hi' }] };
      expect((await ask(scene.gateway, { path: '/v1/messages/count_tokens', body, headers })).status).toBe(400);
      expect((await ask(scene.gateway, { path: '/api/chat', body: { model: 'gemma3' }, headers })).status).toBe(400);
      expect((await ask(scene.gateway, { path: '/mcp/tools/chat', body: { message: 'hi' }, headers })).status).toBe(
        400,
      );
      expect(scene.engine.exchanges.length).toBe(0);
    });

    it('makes a new answer for who wants one, and gives it to those that come later', async () => {
      await askChat(scene.gateway, COLD, USE);
      const fresh = await askChat(scene.gateway, COLD, { 'x-cache-control': 'refresh' });
      expect([fresh.headers['x-cache'], textOf(fresh)]).toEqual(['miss', 'answer 2']);
      const later = await askChat(scene.gateway, COLD, USE);
      expect([later.headers['x-cache'], textOf(later)]).toEqual(['hit', 'answer 2']);
    });
  });

  describe('that is on for all', () => {
    beforeEach(() => scene.start({ RESPONSE_CACHE: 'on' }));

    it.each([
      ['at temperature 0', { temperature: 0 }],
      ['with a seed', { temperature: 0.9, seed: 7 }],
      ["with Ollama's options", { options: { temperature: 0 } }],
    ])('keeps the answer of a chat %s', async (_, fields) => {
      expect(await twice(fields)).toEqual(['miss', 'answer 1', 'hit', 'answer 1']);
    });

    it.each([
      ['chance', {}],
      ['a temperature above 0', { temperature: 0.1 }],
    ])('keeps no answer of %s', async (_, fields) => {
      expect(await twice(fields)).toEqual([undefined, 'answer 1', undefined, 'answer 2']);
    });

    it('lets a request stay away, by its own header or by no-store', async () => {
      expect(await twice(COLD, { 'x-cache-control': 'off' })).toEqual([undefined, 'answer 1', undefined, 'answer 2']);
      expect(await twice(COLD, { 'cache-control': 'no-store' })).toEqual([
        undefined,
        'answer 3',
        undefined,
        'answer 4',
      ]);
      expect(await twice(COLD)).toEqual(['miss', 'answer 5', 'hit', 'answer 5']);
    });

    it('makes a new answer for no-cache', async () => {
      await askChat(scene.gateway, COLD);
      const fresh = await askChat(scene.gateway, COLD, { 'cache-control': 'max-age=0, no-cache' });
      expect([fresh.headers['x-cache'], textOf(fresh)]).toEqual(['miss', 'answer 2']);
      expect(textOf(await askChat(scene.gateway, COLD))).toBe('answer 2');
    });

    it('gives a plain answer again with all that is in it, under an id and a time of its own', async () => {
      const [first, second] = [await askChat(scene.gateway, COLD), await askChat(scene.gateway, COLD)];
      const [one, other] = [first.json() as Chat, second.json() as Chat];
      expect({ ...other, id: one.id, created: one.created }).toEqual(one);
      expect(one.id).toBe('chatcmpl-engine1');
      expect(other.id).toMatch(/^chatcmpl-[0-9a-f]{32}$/);
      expect(Math.abs(other.created - Date.now() / 1000)).toBeLessThan(30);
      expect(second.headers['content-type']).toBe(first.headers['content-type']);
      expect(second.headers['x-tier']).toBe('small');
    });

    it('gives a stream again as a stream, without the comments of the first', async () => {
      scene.engine.answerWith(numbered({ waits: true }));
      const fields = { ...COLD, stream: true };
      const [first, second] = [await askChat(scene.gateway, fields), await askChat(scene.gateway, fields)];
      expect([first.headers['x-cache'], second.headers['x-cache']]).toEqual(['miss', 'hit']);
      expect(second.headers['content-type']).toBe(first.headers['content-type']);
      expect(first.text).toContain(': waiting');
      expect(second.text).not.toContain(': waiting');
      const [one, other] = [await readStream(first), await readStream(second)];
      expect([other.text, other.last]).toEqual(['answer 1', '[DONE]']);
      expect(one.text).toBe(other.text);
      expect(one.heads).toEqual(['chatcmpl-engine1 1001 gemma3']);
      expect(other.heads).toEqual([expect.stringMatching(/^chatcmpl-[0-9a-f]{32} \d+ gemma3$/)]);
      const id = /"id":"[^"]+"/g;
      const created = /"created":\d+/g;
      const bare = (text: string): string =>
        text
          .replace(/^: .*\n\n/, '')
          .replace(id, '')
          .replace(created, '');
      expect(bare(second.text)).toBe(bare(first.text));
    });

    it('keeps plain answers and streams apart, and streams that say their usage from those that do not', async () => {
      const ways = [{}, { stream: true }, { stream: true, stream_options: { include_usage: true } }];
      for (const way of ways)
        expect((await askChat(scene.gateway, { ...COLD, ...way })).headers['x-cache']).toBe('miss');
      for (const way of ways)
        expect((await askChat(scene.gateway, { ...COLD, ...way })).headers['x-cache']).toBe('hit');
    });

    it.each([
      ['messages', { messages: [{ role: 'user', content: 'hi!' }] }],
      ['model', { model: 'gpt-oss:20b' }],
      ['temperature', { temperature: 0, seed: 1 }],
      ['top_p', { top_p: 0.5 }],
      ['max_tokens', { max_tokens: 9 }],
      ['stop', { stop: 'x' }],
      ['response_format', { response_format: { type: 'json_object' } }],
      ['tools', { tools: [{ type: 'function', function: { name: 'f' } }] }],
      ['logprobs', { logprobs: true }],
      ['options', { options: { num_ctx: 4096 } }],
      ['unknown fields', { guided_regex: 'a+' }],
    ])('tells requests apart that differ in %s', async (_, fields) => {
      await askChat(scene.gateway, COLD);
      expect((await askChat(scene.gateway, { ...COLD, ...fields })).headers['x-cache']).toBe('miss');
      expect((await askChat(scene.gateway, { ...COLD, ...fields })).headers['x-cache']).toBe('hit');
    });

    it.each([
      ['user', { user: 'ada' }],
      ['metadata', { metadata: { run: '7' } }],
      ['keep_alive', { keep_alive: '5m' }],
      ['stream: false', { stream: false }],
      ['null', { top_p: null }],
    ])('takes requests for the same that differ in %s', async (_, fields) => {
      await askChat(scene.gateway, COLD);
      expect((await askChat(scene.gateway, { ...COLD, ...fields })).headers['x-cache']).toBe('hit');
    });

    it('does not mind the order of the fields, but that of a schema', async () => {
      const form = (names: readonly string[]): object => ({
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'f', schema: { properties: Object.fromEntries(names.map((name) => [name, {}])) } },
        },
      });
      const body = { model: 'gemma3', messages: [{ role: 'user', content: 'hi' }], ...COLD, ...form(['a', 'b']) };
      expect((await ask(scene.gateway, { path: CHAT_PATH, body })).headers['x-cache']).toBe('miss');
      const turned = Object.fromEntries(Object.entries(body).reverse());
      expect((await ask(scene.gateway, { path: CHAT_PATH, body: turned })).headers['x-cache']).toBe('hit');
      const other = { ...body, ...form(['b', 'a']) };
      expect((await ask(scene.gateway, { path: CHAT_PATH, body: other })).headers['x-cache']).toBe('miss');
    });

    it('knows a model by all of its names, and shows the one that was asked for', async () => {
      const models = ['gpt-oss-20b', 'gpt-oss:20b', 'main'];
      const answers = [];
      for (const model of models) answers.push(await askChat(scene.gateway, { ...COLD, model }));
      expect(answers.map(({ headers }) => headers['x-cache'])).toEqual(['miss', 'hit', 'hit']);
      // A name that stands for a model is shown as the model that answered: `x-served-model` of the scene.engine.
      expect(answers.map((answer) => (answer.json() as Chat).model)).toEqual(['gpt-oss-20b', 'gpt-oss:20b', 'gemma3']);
    });

    it('answers completions and embeddings too', async () => {
      const completion = { path: '/v1/completions', body: { model: 'gemma3', prompt: 'Once', ...COLD } };
      const texts = [await ask(scene.gateway, completion), await ask(scene.gateway, completion)];
      expect(texts.map(({ headers }) => headers['x-cache'])).toEqual(['miss', 'hit']);
      expect((texts[1]?.json() as { id: string }).id).toMatch(/^cmpl-[0-9a-f]{32}$/);
      const embedding = { path: '/v1/embeddings', body: { model: 'gemma3', input: 'Once' } };
      const vectors = [await ask(scene.gateway, embedding), await ask(scene.gateway, embedding)];
      expect(vectors.map(({ headers }) => headers['x-cache'])).toEqual(['miss', 'hit']);
      expect(vectors[1]?.text).toBe(vectors[0]?.text);
      expect(
        (await ask(scene.gateway, { ...embedding, body: { ...embedding.body, dimensions: 1 } })).headers['x-cache'],
      ).toBe('miss');
    });

    it('keeps no error', async () => {
      scene.engine.answerWith(
        errorAnswer(503, { error: { message: 'No.', type: 'server_error', code: null, param: null } } as never),
      );
      const failed = await askChat(scene.gateway, COLD);
      expect([failed.status, failed.headers['x-cache']]).toEqual([503, 'miss']);
      scene.engine.answerWith(numbered());
      expect(await twice(COLD)).toEqual(['miss', 'answer 1', 'hit', 'answer 1']);
    });

    it.each([
      ['breaks off', 'data: {"id":"a","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}\n\n'],
      ['has no end', 'data: {"id":"a","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'],
    ])('keeps no stream that %s', async (_, raw) => {
      scene.engine.answerWith(streamThenCut(raw));
      expect((await askChat(scene.gateway, { ...COLD, stream: true })).text).toContain('"error"');
      scene.engine.answerWith(numbered());
      expect((await askChat(scene.gateway, { ...COLD, stream: true })).headers['x-cache']).toBe('miss');
    });

    it('keeps no stream that ends in an error', async () => {
      scene.engine.answerWith(({ res }) => {
        res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
        res.write('data: {"id":"a","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n');
        res.end('data: {"error":{"message":"No.","type":"server_error"}}\n\ndata: [DONE]\n\n');
      });
      await askChat(scene.gateway, { ...COLD, stream: true });
      scene.engine.answerWith(numbered());
      expect((await askChat(scene.gateway, { ...COLD, stream: true })).headers['x-cache']).toBe('miss');
    });

    it('keeps no answer of a fallback', async () => {
      scene.engine.answerWith(numbered({ headers: { 'x-fallback-from': 'gemma3' } }));
      expect(await twice(COLD)).toEqual(['miss', 'answer 1', 'miss', 'answer 2']);
    });

    it.each([
      ['the bound of the request', { max_tokens: 3 }, 3, 'hit'],
      ['the end of the context, which may be further away another time', { max_tokens: 9 }, 3, 'miss'],
      ['the bound that holds where none is asked for', {}, 512, 'hit'],
      ['the end of the context, before any bound', {}, 100, 'miss'],
      ['what of several answers nobody can tell', { max_tokens: 3, n: 2 }, 6, 'miss'],
    ] as const)('of answers that were cut by %s: a %s', async (_, fields, completionTokens, second) => {
      scene.engine.answerWith(numbered({ reason: 'length', completionTokens }));
      for (const stream of [false, true]) {
        await askChat(scene.gateway, { ...COLD, ...fields, stream });
        expect((await askChat(scene.gateway, { ...COLD, ...fields, stream })).headers['x-cache']).toBe(second);
      }
    });
  });

  it.each(DISPATCHES)('answers requests that are dispatched $dispatch', async ({ TOKEN_ROUTES }) => {
    await scene.start({ TOKEN_ROUTES, RESPONSE_CACHE: 'on' });
    expect(await twice(COLD)).toEqual(['miss', 'answer 1', 'hit', 'answer 1']);
  });

  it('takes the temperature that the catalog sets for the model', async () => {
    const catalog = `
tiers: { small: { defaultModel: gemma3 } }
models: [{ id: gemma3, tier: small, defaults: { temperature: 0 } }]
`;
    await scene.start({ RESPONSE_CACHE: 'on' }, catalog);
    expect(await twice({})).toEqual(['miss', 'answer 1', 'hit', 'answer 1']);
    expect(await twice({ temperature: 0.5 })).toEqual([undefined, 'answer 2', undefined, 'answer 3']);
  });

  it('asks the engine where a name may stand for any model', async () => {
    await scene.start({ RESPONSE_CACHE: 'on' }, 'tiers: {}\nmodels: []\n');
    expect(await twice({ ...COLD, model: 'auto' })).toEqual([undefined, 'answer 1', undefined, 'answer 2']);
  });

  it('can be switched off for good', async () => {
    await scene.start({ RESPONSE_CACHE: 'off' });
    expect(await twice(COLD, USE)).toEqual([undefined, 'answer 1', undefined, 'answer 2']);
  });

  it('forgets answers after their time', async () => {
    await scene.start({ RESPONSE_CACHE: 'on', RESPONSE_CACHE_TTL_SECONDS: 1 });
    expect(await twice(COLD)).toEqual(['miss', 'answer 1', 'hit', 'answer 1']);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await askChat(scene.gateway, COLD)).headers['x-cache']).toBe('miss');
  });

  describe('that is emptied', () => {
    beforeEach(() => scene.start({ RESPONSE_CACHE: 'on' }));

    it('by an operator begins anew', async () => {
      await askChat(scene.gateway, COLD);
      const answer = await ask(scene.gateway, { method: 'DELETE', path: '/admin/response-cache' });
      expect([answer.status, answer.text]).toEqual([204, '']);
      expect((await askChat(scene.gateway, COLD)).headers['x-cache']).toBe('miss');
    });

    it('while an answer is made does not keep it: the model may be another one now', async () => {
      scene.engine.answerWith(
        numbered({ before: () => ask(scene.gateway, { method: 'DELETE', path: '/admin/response-cache' }) }),
      );
      await askChat(scene.gateway, COLD);
      scene.engine.answerWith(numbered());
      expect((await askChat(scene.gateway, COLD)).headers['x-cache']).toBe('miss');
    });

    it.each([
      ['pulled', 'POST', '/api/pull', { model: 'gemma3' }],
      ['created', 'POST', '/api/create', { model: 'gemma3', from: 'gpt-oss:20b' }],
      ['copied', 'POST', '/api/copy', { source: 'gpt-oss:20b', destination: 'gemma3' }],
      ['removed', 'DELETE', '/api/delete', { model: 'gemma3' }],
    ])('because a model was %s begins anew', async (_, method, path, body) => {
      scene.engine.manage = ({ res }) => {
        res.end('{"status":"success"}\n');
      };
      await askChat(scene.gateway, COLD);
      const headers = { 'content-length': String(Buffer.byteLength(JSON.stringify(body))) };
      expect((await ask(scene.gateway, { method, path, body, headers })).status).toBe(200);
      expect((await askChat(scene.gateway, COLD)).headers['x-cache']).toBe('miss');
    });
  });

  it('keeps no answer that is larger than an entry may be', async () => {
    await scene.start({ RESPONSE_CACHE: 'on', RESPONSE_CACHE_ENTRY_BYTES: 200 });
    for (const stream of [false, true])
      for (let turn = 0; turn < 2; turn += 1)
        expect((await askChat(scene.gateway, { ...COLD, stream })).headers['x-cache']).toBe('miss');
  });

  it('drops those used least recently when its memory is full', async () => {
    await scene.start({ RESPONSE_CACHE: 'on', RESPONSE_CACHE_BYTES: 2500 });
    const state = async (seed: number): Promise<unknown> => (await askChat(scene.gateway, { seed })).headers['x-cache'];
    expect([await state(1), await state(2)]).toEqual(['miss', 'miss']);
    expect(await state(1)).toBe('hit');
    expect([await state(3), await state(4)]).toEqual(['miss', 'miss']);
    expect(await state(2)).toBe('miss');
    const metrics = await ask(scene.gateway, { path: '/metrics' });
    expect(Number(/^llm_response_cache_bytes\S* (\d+)/m.exec(metrics.text)?.[1])).toBeLessThanOrEqual(2500);
  });
});
