import type { Timings } from '@local-llm-agent/contracts';

/** Thousandths of a millisecond are noise. */
const round = (ms: number): number => Math.round(ms * 1000) / 1000;

/** Notes when the parts of one answer happened, and tells how long they took. */
export class AnswerClock {
  private slotAt: number | undefined;
  private firstAt: number | undefined;

  /**
   * @param startedAt clock time, ms, when the request came
   * @param now the clock, ms
   */
  constructor(
    private readonly startedAt: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The model is in memory and a slot of it is taken. */
  slotTaken(): void {
    this.slotAt = this.now();
  }

  /** The runtime said something. Only the first time counts. */
  spoke(): void {
    this.firstAt ??= this.now();
  }

  /** How long each part took until now. */
  get timings(): Timings {
    const now = this.now();
    const slotAt = this.slotAt ?? now;
    const firstAt = this.firstAt ?? now;
    return {
      total_ms: round(now - this.startedAt),
      load_ms: round(slotAt - this.startedAt),
      prompt_ms: round(firstAt - slotAt),
      predicted_ms: round(now - firstAt),
    };
  }
}
