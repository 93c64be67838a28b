import type { ChatInput, TextInput } from '../runtime.contract.js';
import type { ChatTemplate } from './chat-template.translate.js';
import { replaceTexts, textsIn } from './special-values.translate.js';
import type { PromptSegment, SpecialTexts } from './special-text.translate.js';
import { toTemplateInput, type TemplateInput } from './template-input.translate.js';

/** The tokenizer of a model. */
export interface Tokenizer {
  /**
   * Tokens of a text, with nothing added at its ends.
   * @param special whether texts of control tokens become these tokens
   * @param inner whether the text goes on after another, so that no space may be put before it
   */
  tokenize(text: string, special: boolean, inner: boolean): readonly number[];
  /** The token that must come first, when the model wants one. */
  readonly firstToken: number | undefined;
  /** Tokens around what comes before and after a text to fill in; undefined for a model that was not made for it. */
  readonly infill: { readonly prefix: number; readonly suffix: number; readonly middle: number } | undefined;
  /** How many tokens there are; their ids are the numbers below. */
  readonly size: number;
}

/** What it takes to turn a chat or a text into tokens. */
export interface PromptParts {
  readonly template: ChatTemplate;
  readonly specials: SpecialTexts;
  readonly tokenizer: Tokenizer;
}

/** A prompt in tokens. */
export interface Prompt {
  readonly tokens: readonly number[];
  /** What the prompt has begun of the answer: the mark before the thoughts. */
  readonly opened: string;
}

/** Raised for a request that asks for what the model does not have; its message says what to do. */
export class PromptRefusal extends Error {
  constructor(
    message: string,
    readonly param: string,
  ) {
    super(message);
    this.name = 'PromptRefusal';
  }
}

const THINK = '<think>';
/** Ends thoughts that the template has begun, as the models write it. */
const NO_THOUGHTS = '\n</think>\n\n';

/** The template's text for a chat; texts of control tokens that came with the request are plain parts of it. */
function render(input: TemplateInput, { template, specials }: PromptParts): PromptSegment[] {
  const shielded = specials.shield(textsIn(input));
  if (shielded === undefined) return [{ text: template.render(input), plain: false }];
  let next = 0;
  const hidden = replaceTexts(input, (text) => shielded.contents[next++] ?? text);
  return shielded.open(template.render(hidden));
}

/**
 * Tokens of a chat. The rendered text is tokenized as a whole, as the model was trained; only texts of control tokens
 * that came with the request are tokenized apart, as plain text.
 * @param plain the answer must not begin with thoughts. Throws a TemplateRefusal.
 */
export function chatPrompt(input: ChatInput, parts: PromptParts, plain: boolean): Prompt {
  const segments = render(toTemplateInput(input, plain), parts);
  const thinks = segments.at(-1)?.text.trimEnd().endsWith(THINK) === true;
  if (thinks && plain) segments.push({ text: NO_THOUGHTS, plain: false });
  const { tokenizer } = parts;
  const tokens = joined(segments).flatMap(({ text, plain: asText }, index) =>
    tokenizer.tokenize(text, !asText, index > 0),
  );
  return { tokens: withFirst(tokens, tokenizer), opened: thinks && !plain ? THINK : '' };
}

/** The segments, with neighbours of one kind as one. */
function joined(segments: readonly PromptSegment[]): PromptSegment[] {
  const result: PromptSegment[] = [];
  for (const segment of segments) {
    const last = result.at(-1);
    if (last !== undefined && !last.plain && !segment.plain)
      result[result.length - 1] = { text: last.text + segment.text, plain: false };
    else result.push(segment);
  }
  return result;
}

/**
 * Tokens of a text to go on with. Texts of control tokens in it become these tokens, and tokens are taken as they are.
 * Throws a {@link PromptRefusal} for tokens that the model does not have, and for a suffix it cannot use.
 */
export function textPrompt({ prompt, suffix }: TextInput, { tokenizer }: PromptParts): Prompt {
  if (typeof prompt !== 'string') assertTokens(prompt, tokenizer.size, 'prompt');
  if (suffix === undefined) {
    if (typeof prompt !== 'string') return { tokens: prompt, opened: '' };
    return { tokens: withFirst(tokenizer.tokenize(prompt, true, false), tokenizer), opened: '' };
  }
  const { infill } = tokenizer;
  if (infill === undefined)
    throw new PromptRefusal('This model cannot fill in: leave suffix out, or ask a code model that can.', 'suffix');
  const before = typeof prompt === 'string' ? tokenizer.tokenize(prompt, false, true) : prompt;
  const after = tokenizer.tokenize(suffix, false, true);
  const tokens = [infill.prefix, ...before, infill.suffix, ...after, infill.middle];
  return { tokens: withFirst(tokens, tokenizer), opened: '' };
}

/** Refuses ids that are no tokens of the model. */
export function assertTokens(tokens: readonly number[], size: number, param: string): void {
  const bad = tokens.find((token) => token >= size);
  if (bad === undefined) return;
  throw new PromptRefusal(
    `${param} has the token ${bad}, but the tokens of this model are 0 to ${size - 1}. Send the text, or tokens of this model.`,
    param,
  );
}

function withFirst(tokens: readonly number[], { firstToken }: Tokenizer): readonly number[] {
  return firstToken === undefined || tokens[0] === firstToken ? tokens : [firstToken, ...tokens];
}
