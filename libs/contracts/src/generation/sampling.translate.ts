import type { GenerationParameters } from './generation-parameters.dto.js';
import { MOST_TOKENS } from './generation-parameters.dto.js';

/** What a request says about sampling; undefined where it says nothing. */
export interface SamplingWish {
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly topK: number | undefined;
  readonly minP: number | undefined;
  readonly repeatPenalty: number | undefined;
  readonly presencePenalty: number | undefined;
  readonly frequencyPenalty: number | undefined;
  readonly logitBias: Readonly<Record<string, number>> | undefined;
  readonly seed: number | undefined;
  readonly stop: readonly string[];
  /** Tokens of context that the client wants at least (Ollama's `num_ctx`). */
  readonly contextLength: number | undefined;
}

function numberOf(options: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = options[name];
  return typeof value === 'number' ? value : undefined;
}

function textsOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? (value as string[]) : undefined;
}

/** The parameters of the request, then those of Ollama's `options`. */
export function toSamplingWish(request: GenerationParameters): SamplingWish {
  const options = request.options ?? {};
  return {
    temperature: request.temperature ?? numberOf(options, 'temperature'),
    topP: request.top_p ?? numberOf(options, 'top_p'),
    topK: request.top_k ?? numberOf(options, 'top_k'),
    minP: request.min_p ?? numberOf(options, 'min_p'),
    repeatPenalty: request.repeat_penalty ?? request.repetition_penalty ?? numberOf(options, 'repeat_penalty'),
    presencePenalty: request.presence_penalty ?? numberOf(options, 'presence_penalty'),
    frequencyPenalty: request.frequency_penalty ?? numberOf(options, 'frequency_penalty'),
    logitBias: request.logit_bias ?? undefined,
    seed: request.seed ?? numberOf(options, 'seed'),
    stop: textsOf(request.stop ?? undefined) ?? textsOf(options['stop']) ?? [],
    contextLength: numberOf(options, 'num_ctx'),
  };
}

/** Most tokens the answer may have, if the request says; Ollama's -1 and -2 leave it to the context. */
export function maxTokensOf(
  request: Pick<GenerationParameters, 'max_tokens' | 'options'> & { max_completion_tokens?: number | null },
): number | undefined {
  const given = request.max_completion_tokens ?? request.max_tokens;
  if (given !== undefined && given !== null) return given;
  const option = numberOf(request.options ?? {}, 'num_predict');
  if (option === undefined || option === 0) return undefined;
  return option < 0 ? MOST_TOKENS : option;
}
