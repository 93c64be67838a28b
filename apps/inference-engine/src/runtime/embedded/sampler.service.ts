import { randomInt } from 'node:crypto';
import type { TokenLogprob } from '@local-llm-agent/contracts';
import { LlamaGrammarEvaluationState, type SequenceEvaluateOptions, type Token } from 'node-llama-cpp';
import type { GenerationOrder } from './embedded.messages.js';
import { MOST_TOP_LOGPROBS, biasOf, readScores, type TokenScores } from './llama-internals.client.js';
import type { LoadedModel, ModelSlot } from './model.service.js';
import { PUNISHED_TOKENS, SEEDS, toBiases, toPenalties, toSamplerValues } from './sampling.translate.js';

/** A token that was sampled. */
export interface SampledToken {
  readonly token: number;
  /** Only when log-probabilities were asked for. */
  readonly scores?: TokenScores;
}

/** Where to go on. */
export interface SamplingStart {
  readonly slot: ModelSlot;
  readonly prompt: readonly number[];
  /** The end of the prompt, not yet evaluated. */
  readonly rest: Token[];
}

/** Lowest log-probability that is told, as at OpenAI: JSON has no minus infinity. */
const LEAST_LOGPROB = -9999;

async function optionsOf(
  model: LoadedModel,
  order: GenerationOrder,
  prompt: readonly number[],
): Promise<{
  options: SequenceEvaluateOptions;
  /** To be told each token. */
  note: (token: Token) => void;
}> {
  const { sampling, grammar } = order;
  const penalties = toPenalties(sampling);
  let recent = prompt.slice(-PUNISHED_TOKENS) as Token[];
  const biases = toBiases(sampling, grammar !== undefined, model.silentTokens);
  return {
    note: (token) => {
      if (penalties !== undefined) recent = [...recent, token].slice(-PUNISHED_TOKENS);
    },
    options: {
      ...toSamplerValues(sampling, randomInt(SEEDS)),
      yieldEogToken: true,
      ...(biases.length === 0 ? {} : { tokenBias: biasOf(model.model, biases) }),
      ...(penalties === undefined
        ? {}
        : { repeatPenalty: { ...penalties, punishTokens: () => recent, maxPunishTokens: PUNISHED_TOKENS } }),
      ...(grammar === undefined
        ? {}
        : {
            grammarEvaluationState: new LlamaGrammarEvaluationState({
              model: model.model,
              grammar: await model.model.llama.createGrammar({ grammar }),
            }),
          }),
      contextShift: {
        // Never reached, because the tokens are counted; if it were, an error is better than a prompt that is cut.
        strategy: () => {
          throw new Error('the context is full');
        },
      },
    },
  };
}

/** Samples one token after the other, also those that end the answer, until the loop over them is left. */
export async function* sample(
  model: LoadedModel,
  order: GenerationOrder,
  { slot, prompt, rest }: SamplingStart,
): AsyncGenerator<SampledToken, void> {
  const { options, note } = await optionsOf(model, order, prompt);
  if (order.logprobs === undefined) {
    for await (const token of slot.sequence.evaluate(rest, options)) {
      note(token);
      yield { token };
    }
    return;
  }
  const scored = slot.sequence.evaluateWithMetadata(rest, { probabilities: true, confidence: true }, options);
  for await (const sampled of scored) {
    note(sampled.token);
    yield { token: sampled.token, scores: readScores(sampled) };
  }
}

/**
 * The log-probability of a token in OpenAI's shape. `before` are the tokens before it. Control tokens are told by their
 * names among the likeliest ones, and are nothing in the text.
 */
export function toLogprob(
  model: LoadedModel,
  { token, scores }: Required<SampledToken>,
  before: readonly number[],
  top: number,
): TokenLogprob {
  const entry = (id: number, logprob: number): { token: string; bytes: number[]; logprob: number } => {
    const text = model.nameOf(id, before);
    // A part of a character has no text of its own.
    const whole = text !== '' && !text.includes('\uFFFD');
    const bytes = [...(whole ? Buffer.from(text) : (model.bytesOf(id) ?? Buffer.from(text)))];
    return { token: text, bytes, logprob: Math.max(LEAST_LOGPROB, logprob) };
  };
  const own = entry(token, scores.logprob);
  const likeliest = scores.top.slice(0, Math.min(top, MOST_TOP_LOGPROBS));
  return {
    ...own,
    ...(model.isControl(token) ? { bytes: [] } : {}),
    top_logprobs: likeliest.map((item) => entry(item.token, item.logprob)),
  };
}
