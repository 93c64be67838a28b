import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ChatCompletionRequest, ErrorBody } from '@local-llm-agent/contracts';
import { FakeEngine, errorAnswer, plainAnswer, type EngineScript } from '@local-llm-agent/testing';
import type { Progress } from '@modelcontextprotocol/sdk/types.js';
import { ask, startGateway, type Answer, type RunningGateway } from './gateway.harness.js';
import { connect, contentOf, model, type Reply } from './mcp.harness.js';

let engine: FakeEngine;
let gateway: RunningGateway;
beforeAll(async () => {
  engine = await FakeEngine.start();
  gateway = await startGateway(engine.url);
});
afterAll(async () => {
  await gateway.stop();
  await engine.close();
  expect(engine.faults).toEqual([]);
});

const call = (tool: string, body: object): Promise<Answer> => ask(gateway, { path: `/mcp/tools/${tool}`, body });

/** The text between the tags of the last message. */
const quotedIn = (question: ChatCompletionRequest): string =>
  /<text>\n([^]*)\n<\/text>/.exec(contentOf(question))?.[1] ?? '';

const tooLong = errorAnswer(413, {
  error: { code: 'context_length_exceeded', message: 'Too long.', type: 'invalid_request_error', param: 'messages' },
});

/** Refuses questions whose quoted text has more letters than this. */
const refusingAbove = (letters: number, answer: (question: ChatCompletionRequest) => Reply): EngineScript => {
  const script = model(answer);
  return (exchange) => {
    const question = JSON.parse(exchange.body.toString('utf8')) as ChatCompletionRequest;
    return (quotedIn(question).length > letters ? tooLong : script)(exchange);
  };
};

describe('extract', () => {
  const SCHEMA = {
    type: 'object',
    properties: { name: { type: 'string' }, age: { type: 'integer' } },
    required: ['name', 'age'],
  };
  const extract = async (fields: object = {}): Promise<unknown> => {
    const answer = await call('extract', { text: 'Ada is 36.', schema: SCHEMA, ...fields });
    expect(answer.status).toBe(200);
    return answer.json();
  };

  it('gives data that fits the schema, by an answer that is constrained to it', async () => {
    engine.answerWith(plainAnswer('{"name": "Ada", "age": 36}'));
    expect(await extract()).toEqual({ data: { name: 'Ada', age: 36 }, reason: null });
    const question = JSON.parse(engine.lastChat.body.toString('utf8')) as ChatCompletionRequest;
    expect(question.response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'answer', schema: { anyOf: [SCHEMA, { type: 'null' }] } },
    });
    expect(question.temperature).toBe(0);
  });

  it('gives null when the model finds nothing, without asking again', async () => {
    const before = engine.exchanges.length;
    engine.answerWith(plainAnswer('null'));
    expect(await extract()).toEqual({ data: null, reason: 'The model finds no such data in the text.' });
    expect(engine.exchanges.length - before).toBe(1);
  });

  it.each<[string, Reply, RegExp]>([
    ['no JSON', { text: 'Sure! {' }, /did not answer with JSON/],
    [
      'data that does not fit',
      { text: '{"name": "Ada", "age": "36"}' },
      /does not fit the schema: .*age must be integer/,
    ],
    [
      'an answer that is cut',
      { text: '{"name": "Adaaaa', finish: 'length' },
      /longer than 1024 tokens. Raise max_tokens/,
    ],
  ])('gives null and the reason for %s, after a second try', async (_, reply, reason) => {
    const before = engine.exchanges.length;
    engine.answerWith(model(() => reply));
    expect(await extract()).toEqual({ data: null, reason: expect.stringMatching(reason) as unknown });
    expect(engine.exchanges.length - before).toBe(2);
  });

  it('takes the second answer when the first one is no good', async () => {
    engine.answerWith(model((_, index) => ({ text: index === 0 ? 'Sure!' : '{"name": "Ada", "age": 36}' })));
    expect(await extract()).toEqual({ data: { name: 'Ada', age: 36 }, reason: null });
  });

  it('keeps definitions where references find them', async () => {
    const schema = { $ref: '#/$defs/person', $defs: { person: SCHEMA } };
    engine.answerWith(plainAnswer('{"name": "Ada", "age": 36}'));
    expect(await extract({ schema })).toEqual({ data: { name: 'Ada', age: 36 }, reason: null });
  });

  it('names the keyword of the schema that the runtime cannot do', async () => {
    const path = 'response_format.json_schema.schema.anyOf[0].properties.name.not';
    const message = `${path} is not supported by the runtime.`;
    engine.answerWith(
      errorAnswer(400, { error: { code: 'invalid_request', message, type: 'invalid_request_error', param: path } }),
    );
    const answer = await call('extract', { text: 'x', schema: SCHEMA });
    expect((answer.json() as ErrorBody).error).toMatchObject({
      param: 'schema.properties.name.not',
      message: 'schema.properties.name.not is not supported by the runtime.',
    });
  });

  it('is not held up by a hostile pattern', async () => {
    const schema = { type: 'string', pattern: '^(a+)+$' };
    engine.answerWith(plainAnswer(JSON.stringify(`${'a'.repeat(40)}!`)));
    expect(await extract({ schema })).toMatchObject({ reason: null });
  });
});

describe('summarize', () => {
  const sentences = (count: number): string =>
    Array.from({ length: count }, (_, index) => `Sentence ${index} of the report says something new.`).join(' ');
  const summarize = async (fields: object): Promise<Record<string, unknown>> => {
    const answer = await call('summarize', fields);
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
    return answer.json() as Record<string, unknown>;
  };

  it('asks once for a text that fits, with its length and style', async () => {
    const questions: ChatCompletionRequest[] = [];
    engine.answerWith(
      model((question) => {
        questions.push(question);
        return { text: '- One.\n- Two.' };
      }),
    );
    expect(await summarize({ text: sentences(20), length: 'short', style: 'bullets' })).toEqual({
      summary: '- One.\n- Two.',
      truncated: false,
      parts: 1,
    });
    expect(questions.map(contentOf)).toEqual([expect.stringMatching(/at most 60 words, as a list of short points/)]);
  });

  it('reads a text that is longer than the context piece by piece, all of it, and tells its progress', async () => {
    const text = sentences(3000);
    const pieces: string[] = [];
    engine.answerWith(
      model((question) => {
        if (contentOf(question).includes('Summarize this part')) pieces.push(quotedIn(question));
        return { text: `Summary ${pieces.length}.` };
      }),
    );
    const client = await connect(gateway);
    const progress: Progress[] = [];
    const { structuredContent } = await client.callTool({ name: 'summarize', arguments: { text } }, undefined, {
      onprogress: (step) => progress.push(step),
    });
    await client.close();
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.join('')).toBe(text);
    expect(structuredContent).toEqual({ summary: `Summary ${pieces.length}.`, truncated: false, parts: pieces.length });
    expect(progress.map((step) => step.progress)).toEqual(
      Array.from({ length: pieces.length + 2 }, (_, index) => index),
    );
    expect(progress.at(-1)).toEqual({ progress: pieces.length + 1, total: pieces.length + 1, message: 'done' });
  });

  it('learns from the engine that the text is longer than it looks, and leaves nothing out', async () => {
    const text = sentences(400);
    const pieces: string[] = [];
    engine.answerWith(
      refusingAbove(4000, (question) => {
        if (contentOf(question).includes('Summarize this part')) pieces.push(quotedIn(question));
        return { text: 'So.' };
      }),
    );
    expect(await summarize({ text })).toMatchObject({ summary: 'So.', parts: pieces.length });
    expect(pieces.join('')).toBe(text);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(4000);
  });

  it('goes on for another round when the summaries are too long together', async () => {
    const rounds: string[] = [];
    engine.answerWith(
      model((question) => {
        const part = contentOf(question).includes('Summarize this part');
        if (!part) rounds.push(quotedIn(question));
        return { text: part ? sentences(60) : 'The end.' };
      }),
    );
    expect(await summarize({ text: sentences(6000) })).toMatchObject({ summary: 'The end.' });
    expect(rounds).toHaveLength(1);
  });

  it('gives a summary that was cut twice as much room, and says when it is still cut', async () => {
    const room: unknown[] = [];
    engine.answerWith(
      model((question) => {
        room.push(question.max_tokens);
        return { text: 'It begins', finish: 'length' };
      }),
    );
    expect(await summarize({ text: 'x', length: 20 })).toEqual({ summary: 'It begins', truncated: true, parts: 1 });
    expect(room).toEqual([100, 200]);
  });

  it('refuses a text that would take too many questions before it asks any', async () => {
    const before = engine.exchanges.length;
    const answer = await call('summarize', { text: sentences(60_000) });
    expect([answer.status, (answer.json() as ErrorBody).error.param]).toEqual([400, 'text']);
    expect(engine.exchanges.length).toBe(before);
  });

  it('gives up with the error of the engine when even small pieces are refused', async () => {
    engine.answerWith(tooLong);
    const answer = await call('summarize', { text: sentences(100) });
    expect([answer.status, (answer.json() as ErrorBody).error.param]).toEqual([413, 'text']);
  });
});

describe('rewrite', () => {
  it('asks for the style, and takes the tags off that the model repeats', async () => {
    engine.answerWith(plainAnswer('<text>\nGood day.\n</text>'));
    const answer = await call('rewrite', { text: 'hey', style: 'formal', instructions: 'Keep it short.' });
    expect(answer.json()).toEqual({ text: 'Good day.', truncated: false });
    const question = JSON.parse(engine.lastChat.body.toString('utf8')) as ChatCompletionRequest;
    expect(contentOf(question)).toContain('in this style: formal. Keep it short.');
  });

  it('asks once more for an empty answer, and then says so', async () => {
    engine.answerWith(model((_, index) => ({ text: index === 0 ? ' ' : 'Good day.' })));
    expect((await call('rewrite', { text: 'hey', style: 'formal' })).json()).toMatchObject({ text: 'Good day.' });
    engine.answerWith(plainAnswer(''));
    const answer = await call('rewrite', { text: 'hey', style: 'formal' });
    expect([answer.status, (answer.json() as ErrorBody).error.message]).toEqual([
      503,
      "The model 'auto' gave an empty answer, twice. Try again, or ask a larger model with the argument model.",
    ]);
  });
});
