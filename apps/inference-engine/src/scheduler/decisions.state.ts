import { causeWords } from './reason.policy.js';
import type { Decision } from './scheduler.types.js';

const MOST_DECISIONS = 100;

/** The last decisions, oldest first. The same refusal many times in a row is one entry, so that a rush hides nothing. */
export class Decisions {
  private readonly entries: Decision[] = [];

  /** Notes a decision. */
  add(decided: Omit<Decision, 'count' | 'reason'>): void {
    const decision = { ...decided, reason: causeWords(decided.cause) };
    const last = this.entries.at(-1);
    const same = last?.type === 'refuse' && decision.type === 'refuse' && last.key === decision.key;
    if (last && same && last.reason === decision.reason) {
      this.entries[this.entries.length - 1] = { ...decision, count: last.count + 1 };
      return;
    }
    this.entries.push({ ...decision, count: 1 });
    if (this.entries.length > MOST_DECISIONS) this.entries.shift();
  }

  /** A copy. */
  list(): readonly Decision[] {
    return [...this.entries];
  }
}
