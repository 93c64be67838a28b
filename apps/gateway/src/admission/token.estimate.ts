import type { ChatMessage } from '@local-llm-agent/contracts';

/** Tokens a chat template adds for each message: role, begin and end marks. */
const TOKENS_PER_MESSAGE = 5;
/** Letters of one token in Latin scripts; other scripts are counted by letter. */
const LATIN_LETTERS_PER_TOKEN = 3.5;

/** About how many tokens a text has, without a tokenizer: enough to choose a tier and to reserve a limit. */
export function estimateTextTokens(text: string): number {
  let other = 0;
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x24f) other += 1;
  return Math.ceil((text.length - other) / LATIN_LETTERS_PER_TOKEN + other);
}

/** About how many tokens the prompt of a chat has. */
export function estimateChatTokens(messages: readonly ChatMessage[]): number {
  let tokens = 0;
  for (const { content } of messages) {
    tokens += TOKENS_PER_MESSAGE;
    if (typeof content === 'string') tokens += estimateTextTokens(content);
    else for (const part of content) tokens += estimateTextTokens(part.text);
  }
  return tokens;
}
