import { z } from 'zod';
import { estimateTextTokens } from '../../admission/token.estimate.js';
import { STEPS, likelihoods, reasonFor } from './classify.service.js';
import { mostAnswerTokens } from './classify.translate.js';
import { MODEL, defineTool, type ToolWork } from './tool.types.js';

const MOST_CATEGORIES = 50;
/** Rules and examples of the question. */
const FRAME_TOKENS = 220;
const REASON_TOKENS = 80;

const CATEGORY = z
  .string()
  .min(1)
  .max(100)
  .refine((name) => !/\p{Cc}|\p{Cs}/u.test(name), { error: 'must have no control characters' });

const input = z.strictObject({
  text: z.string().min(1).describe('Text to classify'),
  categories: z.array(CATEGORY).min(2).max(MOST_CATEGORIES).describe('Possible categories'),
  reasoning: z.boolean().default(true).describe('false saves the question why'),
  model: MODEL,
});

const output = z.strictObject({
  category: z.string().describe('One of the categories given, the likeliest'),
  confidence: z.number().min(0).max(1).describe('Its probability among the categories given'),
  reasoning: z.string().describe('One or two sentences of the model; empty when not wanted'),
  probabilities: z
    .array(z.strictObject({ category: z.string(), probability: z.number().min(0).max(1) }))
    .describe('All categories, the likeliest first; they sum to 1'),
});

type Values = z.infer<typeof input>;

async function classify(values: Values, work: ToolWork): Promise<z.infer<typeof output>> {
  work.report(0, STEPS, 'reading the text');
  const probabilities = await likelihoods(values, work);
  const { category, probability } = probabilities[0] ?? { category: '', probability: 0 };
  work.report(2, STEPS, 'finding a reason');
  const reasoning = values.reasoning ? await reasonFor(values, category, work) : '';
  work.report(STEPS, STEPS, 'done');
  return { category, confidence: Math.min(1, probability), reasoning, probabilities };
}

/** Sorts a text into one of the caller's categories. */
export const CLASSIFY_TOOL = defineTool({
  name: 'classify',
  title: 'Classify',
  description: 'Classify text into predefined categories',
  input: input.superRefine(({ categories }, context) => {
    const first = new Map<string, number>();
    for (const [index, name] of categories.entries()) {
      const before = first.get(name);
      if (before !== undefined)
        context.addIssue({ code: 'custom', path: ['categories', index], message: `repeats categories[${before}]` });
      first.set(name, before ?? index);
    }
  }),
  output,
  wish: ({ text, categories, model, reasoning }) => {
    const question = estimateTextTokens(text) + estimateTextTokens(categories.join(', ')) + FRAME_TOKENS;
    // The tier is chosen by one prompt; the prompts of the other questions are set aside with the answers.
    const others = reasoning ? STEPS - 1 : STEPS - 2;
    const answers = 2 * mostAnswerTokens(categories) + (reasoning ? REASON_TOKENS : 0);
    return { model, promptTokens: question, answerTokens: others * question + answers };
  },
  run: classify,
});
