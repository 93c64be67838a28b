import type { LlamaEmbeddingContext, LlamaModel, Token } from 'node-llama-cpp';
import type { LoadOrder, WorkEnd } from './embedded.messages.js';
import { toFailure, type WorkChannel } from './generation.service.js';
import { loadLibrary, type LoadLog } from './library.service.js';
import { assertTokens } from './prompt.translate.js';
import { needsWholeInput } from './pooling.policy.js';
import { chunkTokens } from './slot.policy.js';
import { normalised } from './vector.translate.js';

/** A model in memory, ready to turn texts into vectors. */
export interface LoadedEmbeddingModel {
  readonly model: LlamaModel;
  readonly context: LlamaEmbeddingContext;
  readonly contextLength: number;
  readonly vocabularySize: number;
}

/** Loads the model of the order for vectors. The error of a failed load says what llama.cpp complained about. */
export function loadEmbeddingModel(order: LoadOrder, log: LoadLog): Promise<LoadedEmbeddingModel> {
  return loadLibrary(order, log, async (model) => {
    const { contextLength, threads } = order;
    const context = await model.createEmbeddingContext({
      // The library wants one place more than there are tokens.
      contextSize: contextLength + 1,
      batchSize: isWhole(model) ? contextLength + 1 : chunkTokens(model.size, threads),
      threads,
      ignoreMemorySafetyChecks: true,
    });
    // The buffers that are made at the first use belong to the memory that is measured after loading.
    await context.getEmbeddingFor(model.tokenize('a'));
    const pieces: unknown = model.fileInfo.metadata.tokenizer.ggml.tokens;
    return { model, context, contextLength, vocabularySize: Array.isArray(pieces) ? pieces.length : 0 };
  });
}

function isWhole({ fileInfo: { metadata } }: LlamaModel): boolean {
  const keys = (metadata as unknown as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>)[
    metadata.general.architecture
  ];
  const attention = keys?.['attention'] as Readonly<Record<string, unknown>> | undefined;
  return needsWholeInput(attention?.['causal'], keys?.['pooling_type']);
}

/** Turns texts into vectors, one event each. It never throws; cancelling takes effect after the text in progress. */
export async function embed(
  loaded: LoadedEmbeddingModel,
  inputs: readonly (string | readonly number[])[],
  { write, signal }: WorkChannel,
): Promise<WorkEnd> {
  const { model, context, contextLength, vocabularySize } = loaded;
  try {
    const texts: Token[][] = [];
    let promptTokens = 0;
    for (const [index, input] of inputs.entries()) {
      const param = inputs.length === 1 ? 'input' : `input[${index}]`;
      if (typeof input !== 'string') assertTokens(input, vocabularySize, param);
      const tokens = typeof input === 'string' ? model.tokenize(input) : ([...input] as Token[]);
      const length = context.calculateInputLength(tokens);
      if (length > contextLength)
        return { type: 'failed', failure: { kind: 'contextLength', promptTokens: length, contextLength, param } };
      promptTokens += length;
      texts.push(tokens);
    }
    for (const tokens of texts) {
      if (signal.aborted) return { type: 'cancelled' };
      const { vector } = await context.getEmbeddingFor(tokens);
      await write({ type: 'vector', vector: normalised(vector) });
    }
    if (signal.aborted) return { type: 'cancelled' };
    return { type: 'event', event: { type: 'embedded', promptTokens }, last: true };
  } catch (error) {
    return { type: 'failed', failure: toFailure(error) };
  }
}
