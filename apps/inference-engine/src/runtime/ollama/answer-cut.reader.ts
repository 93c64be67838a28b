import type { TokenLogprob, Usage } from '@local-llm-agent/contracts';
import type { AnswerEvent } from '../runtime.contract.js';
import { StopTextState } from '../stop-text.state.js';

/** What cuts an answer. */
interface Cut {
  readonly stops: readonly string[];
  /** The usage of an answer that was left in its middle, from all the text that came. */
  readonly count: (written: string) => Promise<Usage>;
}

/**
 * An answer up to its first stop text, with the one that was met in its finish. Ollama, when it is given stop texts,
 * ends in the same way as when the model ends its turn; so it is given none, and is left when one comes. It sends no
 * counts then.
 */
export async function* cutAtStop(
  answer: AsyncIterable<readonly AnswerEvent[]>,
  { stops, count }: Cut,
): AsyncGenerator<readonly AnswerEvent[], undefined> {
  const state = new StopTextState(stops);
  let written = '';
  let logprobs: readonly TokenLogprob[] = [];
  let met: string | undefined;
  /** The text that may leave, with the log-probabilities of all that came for it. */
  const leave = (text: string): AnswerEvent[] => {
    if (text === '') return [];
    const event: AnswerEvent = { type: 'text', text, ...(logprobs.length === 0 ? {} : { logprobs }) };
    logprobs = [];
    return [event];
  };
  for await (const events of answer) {
    const out: AnswerEvent[] = [];
    for (const event of events) {
      if (event.type === 'text') {
        written += event.text;
        logprobs = [...logprobs, ...(event.logprobs ?? [])];
        const step = state.push(event.text);
        out.push(...leave(step.text));
        met = step.stop;
        if (step.stopped) break;
      } else out.push(...leave(event.type === 'finish' ? state.flush() : ''), event);
    }
    if (out.length > 0) yield out;
    if (met !== undefined || out.at(-1)?.type === 'finish') break;
  }
  if (met === undefined) return undefined;
  yield [{ type: 'finish', reason: 'stop', stopText: met, usage: await count(written) }];
  return undefined;
}
