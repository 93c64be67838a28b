import { ApiError, invalidRequest } from '@local-llm-agent/contracts';
import type { EmbeddingCall, GenerationCall } from '../runtime.contract.js';
import { toGrammarSchema } from './schema-grammar.translate.js';

/** The one variable of chat templates that Ollama has a word for: `think`. */
const ENABLE_THINKING = 'enable_thinking';

function inputRefusal({ input }: GenerationCall): ApiError | undefined {
  if (input.type === 'text') {
    if (typeof input.prompt !== 'string') {
      return invalidRequest(
        "prompt has tokens, but Ollama's API takes texts only. Send the text, or use the embedded runtime.",
        { param: 'prompt' },
      );
    }
    if (input.prompt !== '') return undefined;
    return invalidRequest('prompt is empty, and Ollama cannot begin from nothing. Send at least one character.', {
      param: 'prompt',
    });
  }
  const option = Object.keys(input.templateOptions).find((name) => name !== ENABLE_THINKING);
  if (option === undefined) return undefined;
  const param = `chat_template_kwargs.${option}`;
  return invalidRequest(
    `${param} cannot be used with Ollama, whose templates take no variables but ${ENABLE_THINKING}. Leave it out, or use the embedded runtime.`,
    { param },
  );
}

function formatRefusal({ format }: GenerationCall): ApiError | undefined {
  if (format.type !== 'schema') return undefined;
  try {
    toGrammarSchema(format.schema, format.path);
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** What of the call Ollama 0.24 cannot do: a 400 that names the parameter. */
export function refusalOf(call: GenerationCall): ApiError | undefined {
  if (Object.keys(call.sampling.logitBias ?? {}).length > 0) {
    return invalidRequest(
      'logit_bias cannot be used with Ollama, whose API has no such thing. Leave it out, or use the embedded runtime, which can.',
      { param: 'logit_bias' },
    );
  }
  return inputRefusal(call) ?? formatRefusal(call);
}

/** The inputs as texts. Throws a 400 for tokens. */
export function textsOf({ inputs }: EmbeddingCall): readonly string[] {
  return inputs.map((input) => {
    if (typeof input === 'string') return input;
    throw invalidRequest(
      "input has tokens, but Ollama's API takes texts only. Send texts: with LangChain, set check_embedding_ctx_length=False.",
      { param: 'input' },
    );
  });
}
