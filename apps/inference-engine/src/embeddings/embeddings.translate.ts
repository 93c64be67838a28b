import { invalidRequest, type EmbeddingList, type EmbeddingRequest } from '@local-llm-agent/contracts';
import type { EmbeddingCall, Embeddings } from '../runtime/runtime.contract.js';

/** The inputs of a request, one by one. */
export function toInputs({ input }: EmbeddingRequest): EmbeddingCall['inputs'] {
  if (typeof input === 'string') return [input];
  return typeof input[0] === 'number' ? [input as number[]] : (input as (string | number[])[]);
}

/** The first numbers of a vector, brought to length 1 again. */
function shorten(vector: readonly number[], dimensions: number): readonly number[] {
  const kept = vector.slice(0, dimensions);
  const length = Math.sqrt(kept.reduce((sum, number) => sum + number * number, 0));
  return length === 0 ? kept : kept.map((number) => number / length);
}

/** The vector as OpenAI's clients ask for it: 32-bit floats, little-endian, in base64. */
function toBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, number] of vector.entries()) bytes.writeFloatLE(number, index * 4);
  return bytes.toString('base64');
}

/** The answer in OpenAI's shape. Throws a 400 for more dimensions than the model has. */
export function toEmbeddingList(request: EmbeddingRequest, model: string, embeddings: Embeddings): EmbeddingList {
  const { dimensions } = request;
  const size = embeddings.vectors[0]?.length ?? 0;
  if (typeof dimensions === 'number' && dimensions > size) {
    throw invalidRequest(
      `dimensions is ${dimensions}, but the vectors of this model have ${size}. Ask for at most that.`,
      {
        param: 'dimensions',
      },
    );
  }
  return {
    object: 'list',
    data: embeddings.vectors.map((whole, index) => {
      const vector = typeof dimensions === 'number' && dimensions < size ? shorten(whole, dimensions) : whole;
      return {
        object: 'embedding',
        index,
        embedding: request.encoding_format === 'base64' ? toBase64(vector) : [...vector],
      };
    }),
    model,
    usage: { prompt_tokens: embeddings.promptTokens, total_tokens: embeddings.promptTokens },
  };
}
