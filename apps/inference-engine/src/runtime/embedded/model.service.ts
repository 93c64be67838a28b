import type { LlamaContext, LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp';
import { ChatTemplate } from './chat-template.translate.js';
import type { LoadOrder } from './embedded.messages.js';
import { loadLibrary, type Explained, type LoadLog } from './library.service.js';
import { loadLora, tellScores } from './llama-internals.client.js';
import type { PromptParts, Tokenizer } from './prompt.translate.js';
import { chunkTokens } from './slot.policy.js';
import { SlotPool, type PooledSlot } from './slot-pool.state.js';
import { SpecialTexts } from './special-text.translate.js';
import { pieceBytes, type VocabularyKind } from './token-bytes.translate.js';
import type { Detokenize } from './token-text.state.js';

/** A sequence of the context, with what is known about its cache. */
export interface ModelSlot extends PooledSlot {
  readonly sequence: LlamaContextSequence;
}

/** A model in memory, ready to answer. */
export interface LoadedModel {
  readonly model: LlamaModel;
  readonly contextLength: number;
  readonly slotCount: number;
  /** Tokens of a prompt that are evaluated in one go. */
  readonly chunk: number;
  readonly slots: SlotPool<ModelSlot>;
  readonly prompt: PromptParts;
  readonly detokenize: Detokenize;
  /** The text of a token among others; the name of a control token. */
  readonly nameOf: (token: number, before: readonly number[]) => string;
  /** Tokens that are no text and end nothing. */
  readonly silentTokens: readonly number[];
  /** The bytes of a token; undefined where the vocabulary does not tell. */
  bytesOf(token: number): readonly number[] | undefined;
  /** Whether the token is no text. */
  isControl(token: number): boolean;
  /** Whether the token ends an answer. */
  isEnd(token: number): boolean;
  /** The slots of one more context over the same weights, with the LoRA in it. */
  openSlots(lora: string): Promise<SlotPool<ModelSlot>>;
}

/** Requests that may wait for a slot in the model process, for each slot; the scheduler normally lets none wait. */
const WAITING_PER_SLOT = 4;

/** Loads the model of the order. The error of a failed load says what llama.cpp complained about. */
export function loadModel(order: LoadOrder, log: LoadLog): Promise<LoadedModel> {
  return loadLibrary(order, log, (model, explained) => prepare(model, order, explained));
}

/** A context over the weights, with its slots. */
async function openSlots(
  model: LlamaModel,
  order: LoadOrder,
  { chunk, lora }: { readonly chunk: number; readonly lora?: string },
): Promise<SlotPool<ModelSlot>> {
  if (lora !== undefined) await loadLora(model, lora);
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
    ...(lora === undefined ? {} : { lora }),
  });
  if (context.contextSize < order.contextLength) throw new Error(`it only gets a context of ${context.contextSize}`);
  const slots = Array.from({ length: order.slots }, () => createSlot(context));
  await warmUp(model, slots[0], chunk);
  tellScores(context);
  return new SlotPool(slots, order.slots * WAITING_PER_SLOT);
}

async function prepare(model: LlamaModel, order: LoadOrder, explained: Explained): Promise<LoadedModel> {
  const chunk = chunkTokens(model.size, order.threads);
  const slots = await openSlots(model, order, { chunk });
  const { bosString, eosString } = model.tokens;
  const source: unknown = model.fileInfo.metadata.tokenizer.chat_template;
  const tokens = { bos: bosString ?? '', eos: eosString ?? '' };
  const pieces = piecesOf(model);
  const control = new Set<number>(controlTokens(model));
  const textOf = (ids: readonly number[], before: readonly number[], special: boolean): string =>
    model.detokenize(ids as readonly Token[], special, before as readonly Token[]);
  const isEnd = (token: number): boolean => model.isEogToken(token as Token);
  return {
    model,
    contextLength: order.contextLength,
    slotCount: order.slots,
    chunk,
    slots,
    openSlots: (lora) => explained(lora, () => openSlots(model, order, { chunk, lora })),
    prompt: {
      template: new ChatTemplate(typeof source === 'string' ? source : undefined, tokens),
      specials: new SpecialTexts([...control].map((token) => textOf([token], [], true))),
      tokenizer: tokenizerOf(model, pieces.length),
    },
    detokenize: (ids, before) => textOf(ids, before, false),
    nameOf: (token, before) => (control.has(token) ? textOf([token], [], true) : textOf([token], before, false)),
    silentTokens: [...control].filter((token) => !isEnd(token)),
    isControl: (token) => control.has(token),
    bytesOf: (token) => pieceBytes(pieces[token] ?? '', vocabularyKind(model)),
    isEnd,
  };
}

function tokenizerOf(model: LlamaModel, size: number): Tokenizer {
  const { bos, shouldPrependBosToken } = model.tokens;
  const { prefix, suffix, middle } = model.tokens.infill;
  return {
    firstToken: shouldPrependBosToken && bos !== null ? bos : undefined,
    infill: prefix === null || suffix === null || middle === null ? undefined : { prefix, suffix, middle },
    size,
    tokenize: (text, special, inner) => model.tokenize(text, special, inner ? 'trimLeadingSpace' : undefined),
  };
}

/** How the vocabulary writes its tokens. */
function piecesOf(model: LlamaModel): readonly string[] {
  const pieces: unknown = model.fileInfo.metadata.tokenizer.ggml.tokens;
  return Array.isArray(pieces) ? (pieces as string[]) : [];
}

function vocabularyKind(model: LlamaModel): VocabularyKind {
  return model.fileInfo.metadata.tokenizer.ggml.model === 'gpt2' ? 'byteLevel' : 'sentencePiece';
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

/** The tokens that only mean something as control tokens. */
function controlTokens(model: LlamaModel): Token[] {
  return [...model.iterateAllTokens()].filter((token) => {
    const attributes = model.getTokenAttributes(token);
    return attributes.control || attributes.unknown;
  });
}
