import { basename } from 'node:path';
import {
  getLlama,
  LlamaLogLevel,
  type LlamaContext,
  type LlamaContextSequence,
  type LlamaModel,
  type Token,
} from 'node-llama-cpp';
import { ChatTemplate } from './chat-template.translate.js';
import type { LoadOrder, LogLevel } from './embedded.messages.js';
import type { PromptParts } from './prompt.translate.js';
import { chunkTokens } from './slot.policy.js';
import { SlotPool, type PooledSlot } from './slot-pool.state.js';
import { SpecialTexts } from './special-text.translate.js';
import type { Detokenize } from './token-text.state.js';

/** A sequence of the context, with what is known about its cache. */
export interface ModelSlot extends PooledSlot {
  readonly sequence: LlamaContextSequence;
}

/** A model in memory, ready to answer. */
export interface LoadedModel {
  readonly contextLength: number;
  readonly slotCount: number;
  /** Tokens of a prompt that are evaluated in one go. */
  readonly chunk: number;
  readonly slots: SlotPool<ModelSlot>;
  readonly prompt: PromptParts;
  readonly detokenize: Detokenize;
  /** Whether the token ends an answer. */
  isEnd(token: number): boolean;
}

type Log = (level: LogLevel, message: string) => void;

const LEVELS: Readonly<Record<LlamaLogLevel, LogLevel>> = {
  [LlamaLogLevel.disabled]: 'debug',
  [LlamaLogLevel.fatal]: 'error',
  [LlamaLogLevel.error]: 'error',
  [LlamaLogLevel.warn]: 'warn',
  [LlamaLogLevel.info]: 'info',
  [LlamaLogLevel.log]: 'debug',
  [LlamaLogLevel.debug]: 'debug',
};

/** Requests that may wait for a slot in the model process, for each slot; the scheduler normally lets none wait. */
const WAITING_PER_SLOT = 4;

/** Loads the model of the order. The error of a failed load says what llama.cpp complained about. */
export async function loadModel(order: LoadOrder, log: Log): Promise<LoadedModel> {
  const complaints: string[] = [];
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    maxThreads: order.threads,
    logLevel: LlamaLogLevel.warn,
    logger: (level, message) => {
      const text = message.trim().replaceAll(order.modelPath, basename(order.modelPath));
      if (LEVELS[level] === 'error' && complaints.length < 3) complaints.push(text);
      if (text !== '') log(LEVELS[level], text);
    },
  });
  try {
    // The engine decides what fits in memory, so the library's own checks are off.
    const model = await llama.loadModel({ modelPath: order.modelPath, gpuLayers: 0, ignoreMemorySafetyChecks: true });
    const chunk = chunkTokens(model.size, order.threads);
    const context = await model.createContext({
      contextSize: order.contextLength,
      sequences: order.slots,
      // One chunk of a prompt, and a token for each other slot that generates.
      batchSize: chunk + order.slots,
      threads: order.threads,
      // On a CPU it is slower for one token and for the small chunks that keep cancelling quick.
      flashAttention: false,
      ignoreMemorySafetyChecks: true,
      // A smaller context than ordered would cut prompts.
      failedCreationRemedy: false,
    });
    return await prepare(model, context, { chunk, order });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error([reason, ...complaints].join('; '), { cause: error });
  }
}

async function prepare(
  model: LlamaModel,
  context: LlamaContext,
  { chunk, order }: { chunk: number; order: LoadOrder },
): Promise<LoadedModel> {
  if (context.contextSize < order.contextLength) throw new Error(`it only gets a context of ${context.contextSize}`);
  const slots = Array.from({ length: order.slots }, () => createSlot(context));
  await warmUp(model, slots[0], chunk);
  const { bos, bosString, eosString, shouldPrependBosToken } = model.tokens;
  const source: unknown = model.fileInfo.metadata.tokenizer.chat_template;
  const tokens = { bos: bosString ?? '', eos: eosString ?? '' };
  return {
    contextLength: order.contextLength,
    slotCount: order.slots,
    chunk,
    slots: new SlotPool(slots, order.slots * WAITING_PER_SLOT),
    prompt: {
      template: new ChatTemplate(typeof source === 'string' ? source : undefined, tokens),
      specials: new SpecialTexts(controlTexts(model)),
      tokenizer: {
        firstToken: shouldPrependBosToken && bos !== null ? bos : undefined,
        tokenize: (text, special, inner) => model.tokenize(text, special, inner ? 'trimLeadingSpace' : undefined),
      },
    },
    detokenize: (ids, before) => model.detokenize(ids as readonly Token[], false, before as readonly Token[]),
    isEnd: (token) => model.isEogToken(token as Token),
  };
}

function createSlot(context: LlamaContext): ModelSlot {
  const sequence = context.getSequence();
  return {
    sequence,
    evenTokens: 0,
    get cachedTokens() {
      return sequence.contextTokens;
    },
  };
}

/** Evaluates one chunk, so that the memory measured after loading has the compute buffers in it. */
async function warmUp(model: LlamaModel, slot: ModelSlot | undefined, chunk: number): Promise<void> {
  const token = model.tokenize('a')[0] ?? model.tokens.bos;
  if (slot === undefined || token === null) return;
  await slot.sequence.evaluateWithoutGeneratingNewTokens(
    Array.from({ length: Math.min(chunk, slot.sequence.contextSize - 1) }, () => token),
  );
  await slot.sequence.clearHistory();
}

/** Texts of the tokens that only mean something as control tokens. */
function* controlTexts(model: LlamaModel): Generator<string> {
  for (const token of model.iterateAllTokens()) {
    const attributes = model.getTokenAttributes(token);
    if (attributes.control || attributes.unknown) yield model.detokenize([token], true);
  }
}
