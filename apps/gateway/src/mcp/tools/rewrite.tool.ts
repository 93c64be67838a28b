import { z } from 'zod';
import { estimateTextTokens } from '../../admission/token.estimate.js';
import { askForProse } from './prose.service.js';
import { quotationRule, quote, withoutTags } from './quote.translate.js';
import type { Question } from './question.translate.js';
import { MODEL, defineTool } from './tool.types.js';

/** A rewritten text may be this many times as long as the text. */
const GROWTH = 2;
const LEAST_TOKENS = 128;
const MOST_TOKENS = 32_768;

const input = z.strictObject({
  text: z.string().min(1).describe('Text to rewrite'),
  style: z.string().min(1).max(200).describe('How it should sound, such as formal, friendly, simple'),
  instructions: z.string().min(1).max(4000).optional().describe('What else to look after'),
  model: MODEL,
});

const output = z.strictObject({
  text: z.string().describe('The rewritten text'),
  truncated: z.boolean().describe('It ends early: the model came to its most tokens'),
});

function roomFor(text: string): number {
  return Math.min(MOST_TOKENS, Math.max(LEAST_TOKENS, GROWTH * estimateTextTokens(text)));
}

function toQuestion({ text, style, instructions, model }: z.infer<typeof input>): Question {
  const quoted = quote(text);
  return {
    model,
    system: `You rewrite texts. Keep their meaning, their facts and their language. ${quotationRule(quoted)}`,
    user:
      `${quoted.block}\n\nRewrite this text in this style: ${style}.` +
      (instructions === undefined ? '' : ` ${instructions}`) +
      ' Answer with the rewritten text only.',
    maxTokens: roomFor(text),
  };
}

/** Says the same in another style. */
export const REWRITE_TOOL = defineTool({
  name: 'rewrite',
  title: 'Rewrite',
  description: 'Rewrite text with specific style',
  input,
  output,
  wish: ({ text, model }) => ({ model, promptTokens: estimateTextTokens(text) + 150, answerTokens: roomFor(text) }),
  run: async (values, { ask, report }) => {
    report(0, 1, 'rewriting');
    const question = toQuestion(values);
    const prose = await askForProse(ask, question, MOST_TOKENS);
    report(1, 1, 'rewritten');
    return { text: withoutTags(prose.text), truncated: prose.truncated };
  },
});
