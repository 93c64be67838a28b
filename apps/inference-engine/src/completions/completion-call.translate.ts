import {
  COMPLETION_MAX_TOKENS,
  invalidRequest,
  promptsOf,
  unknownFieldsOf,
  type CompletionRequest,
} from '@local-llm-agent/contracts';
import type { CallDraft } from '../generation/generation.types.js';
import { boundOf, samplingOfChoice, toSamplingTerms, type ModelTerms } from '../generation/sampling.translate.js';
import type { ModelCapabilities } from '../runtime/runtime.contract.js';

/** A completion in the words of the runtime contract. */
export interface CompletionPlan {
  /** All answers to the first prompt, then all to the second, and so on. */
  readonly calls: readonly CallDraft[];
  readonly sharing: number;
  readonly contextLength: number | undefined;
  /** Text of the prompt of a choice, for `echo`. */
  readonly prefix: (index: number) => string;
}

/** The request as calls of a runtime. Throws a 400 for what the model cannot do. */
export function toCompletionPlan(
  request: CompletionRequest,
  model: ModelTerms & { readonly capabilities: ModelCapabilities },
): CompletionPlan {
  const { defaults, system, capabilities } = model;
  const suffix = request.suffix ?? undefined;
  if (suffix !== undefined && !capabilities.infill) {
    throw invalidRequest(
      `suffix cannot be used with the model '${request.model}': it was not made to fill in. Ask a code model that was.`,
      { param: 'suffix' },
    );
  }
  const prompts = promptsOf(request);
  if (request.echo === true && prompts.some((prompt) => typeof prompt !== 'string'))
    throw invalidRequest('echo needs prompts that are texts, not tokens.', { param: 'echo' });
  if (system !== undefined && prompts.some((prompt) => typeof prompt !== 'string')) {
    throw invalidRequest(
      `The model '${request.model}' begins every prompt with a text of its own. Send the prompt as a text, not as tokens.`,
      { param: 'prompt' },
    );
  }
  const { sampling, stop, contextLength } = toSamplingTerms(request, defaults);
  const sharing = request.n ?? 1;
  const unknownFields = unknownFieldsOf(request);
  const calls = prompts.flatMap((prompt) =>
    Array.from({ length: sharing }, (_, index): CallDraft => ({
      input: { type: 'text', prompt: system === undefined ? prompt : `${system}\n\n${String(prompt)}`, suffix },
      sampling: samplingOfChoice(sampling, index),
      maxTokens: boundOf(request, defaults, COMPLETION_MAX_TOKENS),
      stop,
      tellStop: request.include_stop_reason === true,
      format: { type: 'text' },
      logprobs: request.logprobs ?? undefined,
      // Without events on the way nobody knows when the first token came.
      stream: request.stream === true || request.include_timings === true,
      unknownFields,
    })),
  );
  const prefix = (index: number): string => {
    const prompt = request.echo === true ? prompts[Math.floor(index / sharing)] : undefined;
    return typeof prompt === 'string' ? prompt : '';
  };
  return { calls, sharing, contextLength, prefix };
}
