import {
  ChatCompletionChunkObject,
  ChatCompletionObject,
  ChatCompletionRequest,
  FunctionTool,
  ImagePart,
  RefusalPart,
  StreamOptions,
  TextPart,
} from '@local-llm-agent/contracts';
import { DescribeTokenRoute } from '../http/token-route.openapi.js';

const QUESTION = { model: 'auto', messages: [{ role: 'user', content: 'What is 2+2?' }] } as const;

const CITY = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const;

const EXAMPLES = {
  plain: { ...QUESTION, max_tokens: 100 },
  streamed: { ...QUESTION, stream: true, stream_options: { include_usage: true } },
  'with a tool': {
    model: 'main',
    messages: [{ role: 'user', content: 'How is the weather in Paris?' }],
    tools: [{ type: 'function', function: { name: 'weather', description: 'Weather of a city', parameters: CITY } }],
    tool_choice: 'auto',
  },
  'in a form': {
    model: 'main',
    messages: [{ role: 'user', content: 'Which city is the capital of France?' }],
    response_format: { type: 'json_schema', json_schema: { name: 'capital', schema: CITY, strict: true } },
  },
  'with likelihoods': { ...QUESTION, max_tokens: 5, logprobs: true, top_logprobs: 3, temperature: 0 },
};

/** OpenAPI description of the chat route. */
export function DescribeChatCompletions(): MethodDecorator {
  return DescribeTokenRoute({
    summary: 'Answer a chat',
    description:
      'OpenAI chat completions. With `stream: true` the answer is a stream of server-sent events that ends with `[DONE]`.',
    request: ChatCompletionRequest,
    answer: ChatCompletionObject,
    event: ChatCompletionChunkObject,
    examples: EXAMPLES,
    parts: [TextPart, ImagePart, RefusalPart, FunctionTool, StreamOptions],
  });
}
