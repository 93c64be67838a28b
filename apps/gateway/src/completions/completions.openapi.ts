import { CompletionObject, CompletionRequest, StreamOptions } from '@local-llm-agent/contracts';
import { DescribeTokenRoute } from '../http/token-route.openapi.js';

const EXAMPLES = {
  plain: { model: 'auto', prompt: 'Once upon a time', max_tokens: 50 },
  streamed: { model: 'auto', prompt: 'Once upon a time', max_tokens: 50, stream: true },
  'several prompts': { model: 'auto', prompt: ['One, two,', 'A, B,'], max_tokens: 8, n: 2, temperature: 1 },
  'with likelihoods': { model: 'auto', prompt: 'The capital of France is', max_tokens: 3, logprobs: 3 },
};

/** OpenAPI description of the route of completions. */
export function DescribeCompletions(): MethodDecorator {
  return DescribeTokenRoute({
    summary: 'Go on from a prompt',
    description:
      'OpenAI completions, the old form: the text goes on from the prompt, without a chat template. With `stream: true` the answer is a stream of server-sent events that ends with `[DONE]`.',
    request: CompletionRequest,
    answer: CompletionObject,
    event: CompletionObject,
    examples: EXAMPLES,
    parts: [StreamOptions],
  });
}
