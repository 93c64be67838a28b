import { EmbeddingListObject, EmbeddingRequest } from '@local-llm-agent/contracts';
import { DescribeTokenRoute } from '../http/token-route.openapi.js';

const EXAMPLES = {
  'one text': { model: 'auto', input: 'The quick brown fox' },
  'several texts': { model: 'auto', input: ['The quick brown fox', 'The lazy dog'] },
  'in base64': { model: 'auto', input: 'The quick brown fox', encoding_format: 'base64' },
};

/** OpenAPI description of the route of embeddings. */
export function DescribeEmbeddings(): MethodDecorator {
  return DescribeTokenRoute({
    summary: 'Turn texts into vectors',
    description: 'OpenAI embeddings. An input that is longer than the context of the model is refused, never cut.',
    request: EmbeddingRequest,
    answer: EmbeddingListObject,
    examples: EXAMPLES,
  });
}
