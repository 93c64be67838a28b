import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI, { BadRequestError, NotFoundError } from 'openai';
import { zodResponsesFunction, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import {
  FakeEngine,
  callChunks,
  chatAnswer,
  chunksAnswer,
  collectSse,
  deltaChunk,
  endChunks,
  openStream,
  silence,
  wholeChat,
} from '@local-llm-agent/testing';
import { DISPATCHES, ask, open, startGateway, type RunningGateway } from './gateway.harness.js';

const PATH = '/v1/responses';
const ASK = { model: 'gemma3', input: 'hi' } as const;
const HELLO = [deltaChunk({ content: 'Hel' }), deltaChunk({ content: 'lo' }), ...endChunks()];

interface Chat {
  readonly messages: { role: string; content: unknown; tool_calls?: unknown; tool_call_id?: string }[];
  readonly [name: string]: unknown;
}

describe.each(DISPATCHES)('responses whose route is dispatched $dispatch', ({ TOKEN_ROUTES }) => {
  let engine: FakeEngine;
  let gateway: RunningGateway;
  let client: OpenAI;

  beforeAll(async () => {
    engine = await FakeEngine.start();
    gateway = await startGateway(engine.url, { settings: { TOKEN_ROUTES, HEARTBEAT_SECONDS: 0.1 } });
    client = new OpenAI({ baseURL: `http://127.0.0.1:${gateway.port}/v1`, apiKey: 'any', maxRetries: 0 });
  });

  beforeEach(() => {
    engine.answerWith(chatAnswer(wholeChat({ content: 'Hello' })));
  });

  afterAll(async () => {
    expect(engine.faults).toEqual([]);
    await gateway.stop();
    await engine.close();
  });

  const chat = (): Chat => JSON.parse(engine.lastChat.body.toString()) as Chat;

  describe('with the official client', () => {
    it('gets a plain answer with every field that the type promises', async () => {
      const response = await client.responses.create({
        ...ASK,
        instructions: 'Be short.',
        metadata: { topic: 'x' },
        temperature: 0,
      });
      expect(response.output_text).toBe('Hello');
      expect(response).toMatchObject({
        id: expect.stringMatching(/^resp_[0-9a-f]{32}$/),
        object: 'response',
        status: 'completed',
        error: null,
        incomplete_details: null,
        instructions: 'Be short.',
        metadata: { topic: 'x' },
        model: 'gemma3',
        parallel_tool_calls: true,
        temperature: 0,
        top_p: null,
        tool_choice: 'auto',
        tools: [],
        truncation: 'disabled',
        text: { format: { type: 'text' } },
        usage: {
          input_tokens: 7,
          input_tokens_details: { cached_tokens: 0 },
          output_tokens: 3,
          output_tokens_details: { reasoning_tokens: 0 },
          total_tokens: 10,
        },
      });
      expect(response.output[0]?.id).toMatch(/^msg_[0-9a-f]{36}$/);
      expect(chat()).toMatchObject({
        messages: [
          { role: 'system', content: 'Be short.' },
          { role: 'user', content: 'hi' },
        ],
      });
    });

    it('reads a stream event by event', async () => {
      engine.answerWith(chunksAnswer(HELLO));
      const types: string[] = [];
      let text = '';
      for await (const event of await client.responses.create({ ...ASK, stream: true })) {
        expect(event.sequence_number).toBe(types.length);
        types.push(event.type);
        if (event.type === 'response.output_text.delta') text += event.delta;
      }
      expect(text).toBe('Hello');
      expect([types[0], types.at(-1)]).toEqual(['response.created', 'response.completed']);
      expect(chat()).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    });

    it('reads a stream that is not to be stored to its end', async () => {
      engine.answerWith(chunksAnswer(HELLO));
      const final = await client.responses.stream({ ...ASK, store: false }).finalResponse();
      expect(final).toMatchObject({ status: 'completed', output_text: 'Hello' });
      await expect(client.responses.retrieve(final.id)).rejects.toThrow(NotFoundError);
    });

    it('puts a stream together with its own accumulator, thoughts and calls included', async () => {
      engine.answerWith(
        chunksAnswer([
          deltaChunk({ reasoning_content: 'hm' }),
          deltaChunk({ content: 'I ask.' }),
          ...callChunks(0, 'call_a', 'add', '{"x":1}'),
          ...endChunks('tool_calls'),
        ]),
      );
      const stream = client.responses.stream({
        ...ASK,
        tools: [{ type: 'function', name: 'add', parameters: {}, strict: false }],
      });
      const seen: string[] = [];
      stream.on('response.output_text.delta', ({ snapshot }) => seen.push(snapshot));
      stream.on('response.function_call_arguments.delta', ({ snapshot }) => seen.push(snapshot));
      const final = await stream.finalResponse();
      expect(seen).toEqual(['I ask.', '{"x":1}']);
      expect(final.output).toMatchObject([
        { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'hm' }] },
        { type: 'message', content: [{ type: 'output_text', text: 'I ask.' }] },
        { type: 'function_call', call_id: 'call_a', name: 'add', arguments: '{"x":1}' },
      ]);
      const stored = await client.responses.retrieve(final.id);
      expect(stored.status).toBe('completed');
      expect(stored.output.map(({ id }) => id)).toEqual(final.output.map(({ id }) => id));
    });

    it('calls functions of a namespace by both names, and says which tools were left out', async () => {
      const add = { type: 'function', name: 'add', parameters: {}, strict: false } as const;
      engine.answerWith(chunksAnswer([...callChunks(0, 'call_a', 'sums__add', '{}'), ...endChunks('tool_calls')]));
      const { data, response } = await client.responses
        .create({
          ...ASK,
          tools: [{ type: 'namespace', name: 'sums', description: 'Sums', tools: [add] }, { type: 'web_search' }],
          stream: true,
        })
        .withResponse();
      expect(response.headers.get('x-omitted-tools')).toBe('web_search');
      const final: OpenAI.Responses.Response[] = [];
      for await (const event of data) if (event.type === 'response.completed') final.push(event.response);
      expect(final).toMatchObject([
        {
          output: [{ type: 'function_call', call_id: 'call_a', name: 'add', namespace: 'sums', arguments: '{}' }],
          tools: [{ type: 'namespace', name: 'sums', tools: [{ name: 'add' }] }],
        },
      ]);
      expect(final[0]?.tools).toHaveLength(1);
    });

    it('parses an answer in a schema, and the arguments of a call', async () => {
      const Sum = z.object({ sum: z.number() });
      engine.answerWith(chatAnswer(wholeChat({ content: '{"sum":4}' })));
      const parsed = await client.responses.parse({ ...ASK, text: { format: zodTextFormat(Sum, 'sum') } });
      expect(parsed.output_parsed).toEqual({ sum: 4 });
      expect(chat()['response_format']).toMatchObject({
        type: 'json_schema',
        json_schema: { name: 'sum', strict: true },
      });

      const tool_calls = [
        { id: 'call_a', type: 'function' as const, function: { name: 'add', arguments: '{"sum":5}' } },
      ];
      engine.answerWith(chatAnswer(wholeChat({ tool_calls }, 'tool_calls')));
      const called = await client.responses.parse({
        ...ASK,
        tools: [zodResponsesFunction({ name: 'add', parameters: Sum })],
      });
      expect(called.output).toMatchObject([{ type: 'function_call', call_id: 'call_a', parsed_arguments: { sum: 5 } }]);
    });

    it('goes on from a stored response through a tool loop', async () => {
      const tools = [{ type: 'function' as const, name: 'add', parameters: {}, strict: false }];
      const tool_calls = [{ id: 'call_a', type: 'function' as const, function: { name: 'add', arguments: '{}' } }];
      engine.answerWith(chatAnswer(wholeChat({ tool_calls, reasoning_content: 'hm' }, 'tool_calls')));
      const first = await client.responses.create({ ...ASK, tools, instructions: 'Only for the first.' });
      engine.answerWith(chatAnswer(wholeChat({ content: 'It is 4.' })));
      const second = await client.responses.create({
        model: 'gemma3',
        previous_response_id: first.id,
        input: [{ type: 'function_call_output', call_id: 'call_a', output: '4' }],
        tools,
      });
      expect(second).toMatchObject({ previous_response_id: first.id, output_text: 'It is 4.' });
      const third = await client.responses.create({ ...ASK, input: 'and now?', previous_response_id: second.id });
      expect(chat().messages).toEqual([
        { role: 'user', content: 'hi' },
        {
          role: 'assistant',
          content: '',
          reasoning_content: 'hm',
          tool_calls: [{ id: 'call_a', type: 'function', function: { name: 'add', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'call_a', content: '4' },
        { role: 'assistant', content: 'It is 4.' },
        { role: 'user', content: 'and now?' },
      ]);

      await client.responses.delete(first.id);
      await expect(client.responses.create({ ...ASK, previous_response_id: third.id })).rejects.toMatchObject({
        status: 404,
        param: 'previous_response_id',
        message: expect.stringContaining(first.id),
      });
    });

    it('takes an answer back as input, and references to its items', async () => {
      const first = await client.responses.create(ASK);
      await client.responses.create({
        model: 'gemma3',
        input: [
          { role: 'user', content: 'hi' },
          ...(first.output as OpenAI.Responses.ResponseInputItem[]),
          { role: 'user', content: 'go on' },
        ],
        store: false,
      });
      const messages = [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'Hello' },
        { role: 'user', content: 'go on' },
      ];
      expect(chat().messages).toEqual(messages);
      await client.responses.create({
        model: 'gemma3',
        input: [
          { role: 'user', content: 'hi' },
          { type: 'item_reference', id: first.output[0]!.id! },
          { role: 'user', content: 'go on' },
        ],
      });
      expect(chat().messages).toEqual(messages);
      const unknown = { type: 'item_reference' as const, id: first.output[0]!.id!.replace(/.{4}$/, 'ffff') };
      await expect(client.responses.create({ model: 'gemma3', input: [unknown] })).rejects.toMatchObject({
        status: 404,
        param: 'input[0].id',
      });
    });

    it('asks for a stored response, lists its input page by page, and deletes it', async () => {
      const input = ['a', 'b', 'c'].map((content) => ({ role: 'user' as const, content }));
      const made = await client.responses.create({ model: 'gemma3', input });
      expect(await client.responses.retrieve(made.id)).toEqual(made);
      const texts: string[] = [];
      for await (const item of client.responses.inputItems.list(made.id, { limit: 2, order: 'asc' })) {
        if (item.type === 'message' && item.content[0]?.type === 'input_text') texts.push(item.content[0].text);
      }
      expect(texts).toEqual(['a', 'b', 'c']);
      const answer = await ask(gateway, { method: 'DELETE', path: `${PATH}/${made.id}` });
      expect(answer.json()).toEqual({ id: made.id, object: 'response.deleted', deleted: true });
      for (const again of [
        () => client.responses.retrieve(made.id),
        () => client.responses.delete(made.id),
        () => client.responses.inputItems.list(made.id),
      ])
        await expect(again()).rejects.toBeInstanceOf(NotFoundError);
    });

    it('finds nothing of what was not to be stored', async () => {
      const made = await client.responses.create({ ...ASK, store: false });
      expect(made).toMatchObject({ store: false });
      await expect(client.responses.retrieve(made.id)).rejects.toMatchObject({ status: 404, param: 'response_id' });
      await expect(client.responses.create({ ...ASK, previous_response_id: made.id })).rejects.toMatchObject({
        status: 404,
        param: 'previous_response_id',
        code: 'not_found',
      });
    });

    it('says that the tokens ran out, and lets the client go on from there', async () => {
      engine.answerWith(chunksAnswer([deltaChunk({ content: 'Hel' }), ...endChunks('length')]));
      const final = await client.responses.stream({ ...ASK, max_output_tokens: 1 }).finalResponse();
      expect(final).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
      expect(chat()['max_completion_tokens']).toBe(1);
      engine.answerWith(chatAnswer(wholeChat({ content: 'lo' })));
      expect(await client.responses.create({ ...ASK, previous_response_id: final.id })).toMatchObject({
        output_text: 'lo',
      });
    });

    it('gets likelihoods where it asks for them', async () => {
      const logprobs = [
        { token: 'Hel', logprob: -0.1, bytes: [72], top_logprobs: [{ token: 'Hel', logprob: -0.1, bytes: [72] }] },
      ];
      engine.answerWith(chunksAnswer([deltaChunk({ content: 'Hel' }, logprobs), ...endChunks()]));
      const final = await client.responses
        .stream({ ...ASK, include: ['message.output_text.logprobs'], top_logprobs: 1 })
        .finalResponse();
      expect(chat()).toMatchObject({ logprobs: true, top_logprobs: 1 });
      expect(final.output).toMatchObject([{ content: [{ logprobs }] }]);
    });
  });

  it('keep the line open with comments, and change nothing else', async () => {
    engine.answerWith(({ res }) => {
      openStream(res);
      res.write(': waiting\n\n: waiting\n\n');
      for (const chunk of HELLO) res.write(`data: ${JSON.stringify(chunk)}\n\n`);
      res.end('data: [DONE]\n\n');
    });
    const answer = await ask(gateway, { path: PATH, body: { ...ASK, stream: true } });
    expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(answer.text).toMatch(/^: waiting\n\n: waiting\n\nevent: response\.created\ndata: \{/);
    expect(answer.text).toMatch(/event: response\.completed\ndata: \{.*\}\n\n$/);
  });

  it('fill deltas up where the client asks for it', async () => {
    engine.answerWith(chunksAnswer(HELLO));
    const body = { ...ASK, stream: true, stream_options: { include_obfuscation: true } };
    const events = await collectSse(await open(gateway, { path: PATH, body }));
    const deltas = events
      .filter(({ event }) => event === 'response.output_text.delta')
      .map(({ data }) => JSON.parse(data) as { delta: string; obfuscation: string });
    expect(deltas.map(({ delta, obfuscation }) => delta.length + obfuscation.length)).toEqual([32, 32]);
  });

  it('are refused before anything is asked of the engine', async () => {
    const asked = engine.exchanges.length;
    engine.answerWith(silence);
    const error = await client.responses.create({ ...ASK, background: true }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ param: 'background', code: 'invalid_request', requestID: expect.any(String) });
    const input = [{ type: 'function_call_output', call_id: 'c', output: 'x' }];
    const answer = await ask(gateway, { path: PATH, body: { ...ASK, input } });
    expect(answer.json()).toMatchObject({ error: { param: 'input[0].call_id' } });
    expect(engine.exchanges.length).toBe(asked);
  });

  it.each([
    ['GET', `${PATH}/resp_none`, 404, 'response_id'],
    ['GET', `${PATH}/resp_${'0'.repeat(32)}`, 404, 'response_id'],
    ['DELETE', `${PATH}/..%2Fhealth`, 404, 'response_id'],
    ['GET', `${PATH}/x/input_items?limit=0`, 400, 'limit'],
    ['GET', `${PATH}/x?stream=true`, 400, 'stream'],
    ['GET', `${PATH}/x?include[]=computer_call_output.output.image_url`, 400, 'include[0]'],
    ['PUT', PATH, 405, null],
  ])('%s %s is %s', async (method, path, status, param) => {
    const answer = await ask(gateway, { method, path });
    expect([answer.status, (answer.json() as { error: { param: unknown } }).error.param]).toEqual([status, param]);
  });
});
