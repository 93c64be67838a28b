import { TokenBias, type LlamaContext, type LlamaModel, type Token } from 'node-llama-cpp';

/*
 * The one place that reaches behind the public interface of node-llama-cpp (3.22.1, an exact version). It has no
 * public way to sample a token and to tell the scores that the model itself gave: `evaluateWithMetadata` tells what is
 * left after top-k, top-p and temperature, `controlledEvaluate` takes no grammar and starts its seed anew for each
 * token, and a second evaluation would double the time. And its TokenBias leaves out the tokens that end an answer.
 * It also reads a LoRA only after it made the context for it, which llama.cpp wants the other way round.
 * A version without these parts is found out when a model is loaded, and one that behaves otherwise by the specs.
 */

/** Log-probabilities at one place, by the model alone: natural logarithms, before anything of sampling. */
export interface TokenScores {
  readonly logprob: number;
  /** The likeliest tokens, in falling order. */
  readonly top: readonly { readonly token: number; readonly logprob: number }[];
}

/** Most of the likeliest tokens that are told, as at OpenAI. */
export const MOST_TOP_LOGPROBS = 20;

/** What is asked of the logits: certain tokens, the highest, the lowest, the selected one, so many of the top. */
type LogitsQuery = readonly [tokens: readonly number[], highest: false, lowest: false, selected: false, top: number];
type Sampled = readonly [
  token: number,
  probabilities?: unknown,
  confidence?: unknown,
  logits?: number[],
  weight?: number,
];

interface NativeContext {
  sampleToken(logitIndex: number, sampler: object, ...query: readonly unknown[]): Promise<unknown>;
}

interface NativeSampler {
  applyConfig(config: object): void;
}

interface Internals {
  readonly context: NativeContext;
  /** A sampler that changes nothing about the scores: neither bias, penalties nor filters. */
  readonly plain: NativeSampler;
}

function open(context: LlamaContext): Internals {
  const { _ctx: native } = context as unknown as { _ctx?: NativeContext };
  const { model } = context as unknown as { model: { _model?: object } };
  const { _bindings: bindings } = context.model.llama as unknown as {
    _bindings?: { AddonSampler?: new (model: object) => NativeSampler };
  };
  if (typeof native?.sampleToken !== 'function' || bindings?.AddonSampler === undefined || model._model === undefined)
    throw new Error('this version of node-llama-cpp gives no scores of tokens');
  const plain = new bindings.AddonSampler(model._model);
  plain.applyConfig({ temperature: 0 });
  return { context: native, plain };
}

/**
 * Lets `evaluateWithMetadata` of this context, when asked for `probabilities` and `confidence`, tell logits of the model
 * instead: those of {@link MOST_TOP_LOGPROBS} and of the sampled token, and the sum of their weights. Read them with
 * {@link readScores}. The scores are read right after the token, before another evaluation can replace them.
 */
export function tellScores(context: LlamaContext): void {
  const { context: native, plain } = open(context);
  const sample = native.sampleToken.bind(native);
  // One after the other, as the sampler has room for the candidates of one place.
  let turn: Promise<unknown> = Promise.resolve();
  const sampleWithScores: NativeContext['sampleToken'] = async (index, sampler, ...query) => {
    if (query[0] !== true) return sample(index, sampler, ...query);
    const token = await sample(index, sampler);
    const logits: LogitsQuery = [[token as number], false, false, false, MOST_TOP_LOGPROBS];
    const scored = turn.then(() => sample(index, plain, false, false, logits, true));
    turn = scored.catch(() => undefined);
    const [, , , values, weight] = (await scored) as Sampled;
    return [token, values, weight];
  };
  Object.defineProperty(native, 'sampleToken', { value: sampleWithScores });
}

/** The scores of a token that was sampled after {@link tellScores}. */
export function readScores(sampled: {
  readonly token: number;
  readonly probabilities: ReadonlyMap<number, number>;
  readonly confidence: number;
}): TokenScores {
  const top = [...sampled.probabilities].sort((left, right) => right[1] - left[1]);
  // Each weight is e to the power of how far the logit is below the highest.
  const total = (top[0]?.[1] ?? 0) + Math.log(sampled.confidence);
  const logprobs = top.map(([token, logit]) => ({ token, logprob: logit - total }));
  const own = logprobs.find(({ token }) => token === sampled.token);
  return { logprob: own?.logprob ?? -Infinity, top: logprobs.slice(0, MOST_TOP_LOGPROBS) };
}

/** Adds to the logits of tokens; -Infinity keeps a token from ever coming. Tokens that end an answer count as others. */
export function biasOf(model: LlamaModel, biases: Iterable<readonly [token: number, logit: number]>): TokenBias {
  const bias = TokenBias.for(model);
  const { _biases: map } = bias as unknown as { _biases?: Map<Token, number> };
  if (!(map instanceof Map)) throw new Error('this version of node-llama-cpp takes no biases of tokens');
  for (const [token, logit] of biases) map.set(token as Token, logit);
  return bias;
}

/**
 * Reads a LoRA for the model. A context made after that has room for its part of the computation; one made before has
 * room by luck. The library keeps it, and puts the same one into contexts made with its path.
 */
export async function loadLora(model: LlamaModel, path: string): Promise<void> {
  const internals = model as unknown as { _getOrLoadLora?: (path: string) => Promise<object> };
  if (typeof internals._getOrLoadLora !== 'function') throw new Error('this version of node-llama-cpp reads no LoRA');
  await internals._getOrLoadLora(path);
}
