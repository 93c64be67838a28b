import type { FinishReason, TokenLogprob, Usage } from '@local-llm-agent/contracts';
import type { AnswerEvent, ToolCall } from '../runtime/runtime.contract.js';
import type { Choice } from './generation.types.js';

/** The events of one choice put together. */
export class ChoiceState {
  private text = '';
  private reasoning = '';
  private readonly toolCalls: ToolCall[] = [];
  private readonly logprobs: TokenLogprob[] = [];
  private reason: FinishReason | undefined;
  private stopText: string | undefined;

  /** Takes a batch of events. */
  add(events: readonly AnswerEvent[]): void {
    for (const event of events) {
      switch (event.type) {
        case 'text':
          this.text += event.text;
          if (event.logprobs) this.logprobs.push(...event.logprobs);
          break;
        case 'reasoning':
          this.reasoning += event.text;
          break;
        case 'toolCall':
          this.toolCalls.push(event.call);
          break;
        case 'finish':
          this.reason = event.reason;
          this.stopText = event.stopText;
      }
    }
  }

  /** The choice, once it has finished. */
  get choice(): Choice | undefined {
    const { text, reasoning, toolCalls, logprobs, reason, stopText } = this;
    return reason === undefined ? undefined : { text, reasoning, toolCalls, logprobs, reason, stopText };
  }
}

/**
 * Adds up what the choices of one request took. Answers to the same prompt share it: it is counted once.
 */
export class UsageState {
  private promptTokens = 0;
  private completionTokens = 0;
  private cachedTokens: number | undefined;

  /** @param sharing how many choices in a row answer the same prompt */
  constructor(private readonly sharing: number) {}

  /** Takes the usage of the choice with this index. */
  add(index: number, usage: Usage): void {
    this.completionTokens += usage.completionTokens;
    if (index % this.sharing !== 0) return;
    this.promptTokens += usage.promptTokens;
    if (usage.cachedTokens !== undefined) this.cachedTokens = (this.cachedTokens ?? 0) + usage.cachedTokens;
  }

  /** The sum so far. */
  get usage(): Usage {
    const { promptTokens, completionTokens, cachedTokens } = this;
    return { promptTokens, completionTokens, ...(cachedTokens === undefined ? {} : { cachedTokens }) };
  }
}
