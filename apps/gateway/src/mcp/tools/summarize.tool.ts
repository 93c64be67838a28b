import { z } from 'zod';
import { estimateTextTokens } from '../../admission/token.estimate.js';
import { Summary } from './summary.service.js';
import { MODEL, defineTool } from './tool.types.js';
import { summaryTokens, wordsOf } from './summary.policy.js';

const LENGTH_PROBLEM = "must be 'short', 'medium', 'long' or a number of words from 10 to 2000";

const input = z.strictObject({
  text: z.string().min(1).describe('Text to summarize; it may be longer than the context of the model'),
  length: z
    .union([z.enum(['short', 'medium', 'long']), z.int().min(10).max(2000)], { error: LENGTH_PROBLEM })
    .default('medium')
    .describe('short (60 words), medium (150), long (400), or the most words'),
  style: z
    .string()
    .min(1)
    .max(200)
    .default('paragraph')
    .describe('paragraph, bullets, headline, or another style in words'),
  model: MODEL,
});

const output = z.strictObject({
  summary: z.string(),
  truncated: z.boolean().describe('It ends early: the model came to its most tokens'),
  parts: z.int().min(1).describe('Pieces of the text that were read one by one'),
});

/** Says the same in fewer words. */
export const SUMMARIZE_TOOL = defineTool({
  name: 'summarize',
  title: 'Summarize',
  description: 'Summarize text',
  input,
  output,
  // A long text is read once in pieces, and their summaries once more.
  wish: ({ text, length, model }) => ({
    model,
    promptTokens: Math.ceil(1.3 * estimateTextTokens(text)) + 150,
    answerTokens: summaryTokens(wordsOf(length)) + Math.ceil(estimateTextTokens(text) / 8),
  }),
  run: async ({ text, length, style, model }, work) => {
    const contextLength = await work.contextLength(model);
    return new Summary(work, { model, style, words: wordsOf(length), contextLength }).of(text);
  },
});
