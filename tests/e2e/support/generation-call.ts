import { callOf, chatOf } from '../../../apps/inference-engine/test/call.cases.js';
import type {
  GenerationCall,
  LoadPlan,
  PlainMessage,
  Sampling,
} from '../../../apps/inference-engine/src/runtime/runtime.contract.js';

/** What a test wants to change of the least call there is. */
export type CallOptions = Partial<Omit<GenerationCall, 'plan' | 'sampling'>> & Partial<Sampling>;

/** A chat without randomness, of up to 20 tokens, as a runtime takes it. */
export function chatCall(plan: LoadPlan, messages: readonly PlainMessage[], options: CallOptions = {}): GenerationCall {
  const { temperature = 0, topP = 1, topK, minP, seed, logitBias, ...rest } = options;
  const { repeatPenalty, presencePenalty, frequencyPenalty, ...call } = rest;
  return callOf({
    plan,
    input: { ...chatOf(), messages },
    sampling: { temperature, topP, topK, minP, seed, logitBias, repeatPenalty, presencePenalty, frequencyPenalty },
    maxTokens: 20,
    ...call,
  });
}
