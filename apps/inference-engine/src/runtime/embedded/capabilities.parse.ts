import type { ModelCapabilities } from '../runtime.contract.js';

/** Architectures of llama.cpp that only encode: they write no text. Most of their files say so by `attention.causal`. */
const ENCODERS = new Set([
  'bert',
  'eurobert',
  'gemma-embedding',
  'jina-bert-v2',
  'jina-bert-v3',
  'llama-embed',
  'modern-bert',
  'neo-bert',
  'nomic-bert',
  'nomic-bert-moe',
  't5encoder',
]);
/** An encoder and a decoder in one: the library gives no vectors of those. */
const ENCODER_DECODERS = new Set(['t5']);

/** The texts by which llama.cpp knows the tokens around what is to be filled in. */
const INFILL_TEXTS: readonly (readonly string[])[] = [
  [
    '<|fim_prefix|>',
    '<fim-prefix>',
    '<fim_prefix>',
    '<｜fim▁begin｜>',
    '<PRE>',
    '▁<PRE>',
    '<|code_prefix|>',
    '<|prefix|>',
  ],
  [
    '<|fim_suffix|>',
    '<fim-suffix>',
    '<fim_suffix>',
    '<｜fim▁hole｜>',
    '<SUF>',
    '▁<SUF>',
    '<|code_suffix|>',
    '<|suffix|>',
  ],
  [
    '<|fim_middle|>',
    '<fim-middle>',
    '<fim_middle>',
    '<｜fim▁end｜>',
    '<MID>',
    '▁<MID>',
    '<|code_middle|>',
    '<|middle|>',
  ],
];
/** The keys by which a file names these tokens, new and old. */
const INFILL_KEYS: readonly (readonly string[])[] = [
  ['fim_pre_token_id', 'prefix_token_id'],
  ['fim_suf_token_id', 'suffix_token_id'],
  ['fim_mid_token_id', 'middle_token_id'],
];

function hasInfill(metadata: Readonly<Record<string, unknown>>): boolean {
  const tokens = metadata['tokenizer.ggml.tokens'];
  const known = new Set(Array.isArray(tokens) ? tokens : []);
  return INFILL_KEYS.every(
    (keys, index) =>
      keys.some((key) => metadata[`tokenizer.ggml.${key}`] !== undefined) ||
      INFILL_TEXTS[index]?.some((text) => known.has(text)) === true,
  );
}

/**
 * Whether a chat template takes tools and writes calls as JSON in `<tool_call>` tags. Others, also those with XML in the
 * tags, have forms of their own that nobody would find in the text.
 */
function writesCalls(template: string): boolean {
  return /\btools\b/u.test(template) && template.includes('<tool_call>') && !template.includes('<function=');
}

/** What the metadata of a GGUF file says that its model can do on this runtime. */
export function parseCapabilities(metadata: Readonly<Record<string, unknown>>): ModelCapabilities {
  const architecture = String(metadata['general.architecture']);
  const template = metadata['tokenizer.chat_template'];
  const source = typeof template === 'string' ? template : '';
  return {
    generation: !ENCODERS.has(architecture) && metadata[`${architecture}.attention.causal`] !== false,
    embedding: !ENCODER_DECODERS.has(architecture),
    vision: false,
    infill: hasInfill(metadata),
    tools: writesCalls(source) ? 'text' : 'none',
    thinking: source.includes('<think>') ? 'text' : 'none',
  };
}
