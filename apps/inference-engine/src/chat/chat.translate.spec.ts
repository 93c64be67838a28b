import { describe, expect, it } from '@jest/globals';
import { parseChatCompletionRequest, type ChatCompletionChunk } from '@local-llm-agent/contracts';
import { ChunkEncoder, toChatCall, toChatCompletion } from './chat.translate.js';

const PLAN = { name: 'm', contextLength: 64, slots: 1 };
const HEAD = { id: 'chatcmpl-1', created: 5, model: 'm "quoted"' };
const FINISH = { type: 'finish', reason: 'stop', usage: { promptTokens: 3, completionTokens: 2 } } as const;

function call(fields: object, defaults = {}): ReturnType<typeof toChatCall> {
  const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...fields };
  return toChatCall(parseChatCompletionRequest(Buffer.from(JSON.stringify(body))), PLAN, defaults);
}

function events(bytes: string): (ChatCompletionChunk | '[DONE]')[] {
  return bytes
    .split('\n\n')
    .slice(0, -1)
    .map((line) => {
      const data = line.replace(/^data: /, '');
      return data === '[DONE]' ? data : (JSON.parse(data) as ChatCompletionChunk);
    });
}

describe('a chat request on its way to the runtime', () => {
  it('gets the defaults of the API', () => {
    expect(call({})).toMatchObject({
      maxTokens: 512,
      temperature: 0.7,
      topP: 0.9,
      stop: [],
      seed: undefined,
      stream: false,
    });
  });

  it('prefers the request over the model and the model over the API', () => {
    expect(call({ temperature: 0 }, { temperature: 1, maxTokens: 9 })).toMatchObject({
      temperature: 0,
      maxTokens: 9,
      topP: 0.9,
    });
  });

  it('turns developer into system and joins text parts', () => {
    const messages = [
      {
        role: 'developer',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'assistant', content: 'c' },
    ];
    expect(call({ messages }).messages).toEqual([
      { role: 'system', content: 'ab' },
      { role: 'assistant', content: 'c' },
    ]);
  });

  it('takes one stop text as a list of one', () => {
    expect(call({ stop: 'x' }).stop).toEqual(['x']);
  });
});

describe('a streamed answer', () => {
  it('begins with the role, ends with the reason and [DONE]', () => {
    const encoder = new ChunkEncoder(HEAD, false);
    const all = events(
      encoder.encode([{ type: 'text', text: 'Hé "x"\n' }]) + encoder.encode([{ type: 'text', text: 'b' }, FINISH]),
    );
    expect(all.at(-1)).toBe('[DONE]');
    const chunks = all.slice(0, -1) as ChatCompletionChunk[];
    expect(chunks.map((chunk) => chunk.choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '' },
      { content: 'Hé "x"\n' },
      { content: 'b' },
      {},
    ]);
    expect(chunks.map((chunk) => chunk.choices[0]?.finish_reason)).toEqual([null, null, null, 'stop']);
    expect(chunks[1]).toEqual({
      ...HEAD,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: { content: 'Hé "x"\n' }, logprobs: null, finish_reason: null }],
    });
  });

  it('has one more chunk with the usage when asked, and null before', () => {
    const chunks = events(new ChunkEncoder(HEAD, true).encode([FINISH])).slice(0, -1) as ChatCompletionChunk[];
    expect(chunks.map((chunk) => chunk.usage)).toEqual([
      null,
      null,
      { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    ]);
    expect(chunks.at(-1)?.choices).toEqual([]);
  });
});

describe('a plain answer', () => {
  it('has the shape of OpenAI', () => {
    expect(toChatCompletion(HEAD, 'text', 'length', FINISH.usage)).toEqual({
      ...HEAD,
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'text', refusal: null },
          logprobs: null,
          finish_reason: 'length',
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
  });
});
