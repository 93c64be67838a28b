import type { PlainMessage } from '../runtime.contract.js';
import type { ChatTemplate } from './chat-template.translate.js';
import type { SpecialTexts } from './special-text.translate.js';

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
}

/** What it takes to turn messages into tokens. */
export interface PromptParts {
  readonly template: ChatTemplate;
  readonly specials: SpecialTexts;
  readonly tokenizer: Tokenizer;
}

/**
 * Tokens of a chat. The rendered text is tokenized as a whole, as the model was trained; only texts of control tokens
 * inside contents are tokenized apart, as plain text.
 */
export function promptTokens(messages: readonly PlainMessage[], parts: PromptParts): readonly number[] {
  const { template, specials, tokenizer } = parts;
  const shielded = specials.shield(messages.map((message) => message.content));
  const tokens =
    shielded === undefined
      ? tokenizer.tokenize(template.render(messages), true, false)
      : shielded
          .open(
            template.render(
              messages.map((message, index) => ({ ...message, content: shielded.contents[index] ?? message.content })),
            ),
          )
          .flatMap((segment, index) => tokenizer.tokenize(segment.text, !segment.plain, index > 0));
  const { firstToken } = tokenizer;
  return firstToken === undefined || tokens[0] === firstToken ? tokens : [firstToken, ...tokens];
}
