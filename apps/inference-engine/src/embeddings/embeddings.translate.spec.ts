import { describe, expect, it } from '@jest/globals';
import { parseEmbeddingRequest, type EmbeddingRequest } from '@local-llm-agent/contracts';
import { toEmbeddingList, toInputs } from './embeddings.translate.js';

function refusal(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}

function request(fields: object = {}): EmbeddingRequest {
  return parseEmbeddingRequest(Buffer.from(JSON.stringify({ model: 'm', input: 'a', ...fields })));
}

const FOUND = {
  vectors: [
    [0.6, 0, 0.8],
    [1, 0, 0],
  ],
  promptTokens: 7,
};

describe('inputs of embeddings', () => {
  it.each<[unknown, unknown]>([
    ['a', ['a']],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [[1, 2], [[1, 2]]],
    [
      [[1], [2]],
      [[1], [2]],
    ],
  ])('%j', (input, inputs) => {
    expect(toInputs(request({ input }))).toEqual(inputs);
  });
});

describe('an answer with embeddings', () => {
  it('has the shape of OpenAI, in the order of the inputs', () => {
    expect(toEmbeddingList(request(), 'shown', FOUND)).toEqual({
      object: 'list',
      data: [
        { object: 'embedding', index: 0, embedding: [0.6, 0, 0.8] },
        { object: 'embedding', index: 1, embedding: [1, 0, 0] },
      ],
      model: 'shown',
      usage: { prompt_tokens: 7, total_tokens: 7 },
    });
  });

  it('is shortened to vectors of length 1', () => {
    const { data } = toEmbeddingList(request({ dimensions: 2 }), 'm', FOUND);
    expect(data.map(({ embedding }) => embedding)).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  it('is 32-bit floats in base64 when asked', () => {
    const [first] = toEmbeddingList(request({ encoding_format: 'base64' }), 'm', FOUND).data;
    const bytes = Buffer.from(first?.embedding as string, 'base64');
    expect([bytes.length, bytes.readFloatLE(0), bytes.readFloatLE(8)]).toEqual([
      12,
      Math.fround(0.6),
      Math.fround(0.8),
    ]);
  });

  it('refuses more dimensions than there are', () => {
    expect(refusal(() => toEmbeddingList(request({ dimensions: 4 }), 'm', FOUND))).toMatchObject({
      status: 400,
      param: 'dimensions',
    });
  });
});
