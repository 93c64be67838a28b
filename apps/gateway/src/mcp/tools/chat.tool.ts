import { z } from 'zod';
import type { ChatCompletionRequest } from '@local-llm-agent/contracts';
import { estimateChatTokens } from '../../admission/token.estimate.js';
import { MODEL, defineTool } from './tool.types.js';
import { uselessAnswer } from './question.translate.js';

const MESSAGE = z.strictObject({
  role: z.enum(['system', 'user', 'assistant']),
  content: z.string().min(1),
});

const input = z
  .strictObject({
    message: z.string().min(1).optional().describe('What to say to the model; this or messages'),
    messages: z.array(MESSAGE).min(1).max(1000).optional().describe('A chat to go on with; this or message'),
    system: z.string().min(1).optional().describe('How the model should behave'),
    model: MODEL,
    max_tokens: z.int().min(1).max(131_072).default(512).describe('Most tokens of the answer'),
    temperature: z.number().min(0).max(2).optional(),
  })
  .superRefine(({ message, messages }, context) => {
    if (message === undefined && messages === undefined)
      context.addIssue({ code: 'custom', path: ['message'], message: 'is missing: give message or messages' });
    if (message !== undefined && messages !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['messages'],
        message: 'cannot stand beside message: give one of them',
      });
  });

const output = z.strictObject({
  message: z.string().describe('The answer'),
  model: z.string().describe('The model that answered'),
  finish_reason: z.string().describe('stop, or length when the answer was cut at max_tokens'),
  usage: z.strictObject({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() }),
});

function toRequest(values: z.infer<typeof input>): ChatCompletionRequest {
  const { message, messages = [], system, model, max_tokens, temperature } = values;
  return {
    model,
    messages: [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      ...messages,
      ...(message === undefined ? [] : [{ role: 'user' as const, content: message }]),
    ],
    max_tokens,
    ...(temperature === undefined ? {} : { temperature }),
  };
}

/** Lets the caller talk to a model. */
export const CHAT_TOOL = defineTool({
  name: 'chat',
  title: 'Chat',
  description: 'Ask a local model',
  input,
  output,
  wish: (values) => ({
    model: values.model,
    promptTokens: estimateChatTokens(toRequest(values)),
    answerTokens: values.max_tokens,
  }),
  promptOf: ({ message }) => (message === undefined ? 'messages' : 'message'),
  run: async (values, { ask, report }) => {
    report(0, 1, 'asking the model');
    const completion = await ask(toRequest(values));
    report(1, 1, 'answered');
    const choice = completion.choices[0];
    const { usage } = completion;
    if (!choice) throw uselessAnswer(values.model, 'no answer');
    return {
      message: choice.message.content ?? '',
      model: completion.model,
      finish_reason: choice.finish_reason,
      usage: {
        prompt_tokens: usage?.prompt_tokens ?? 0,
        completion_tokens: usage?.completion_tokens ?? 0,
        total_tokens: usage?.total_tokens ?? 0,
      },
    };
  },
});
