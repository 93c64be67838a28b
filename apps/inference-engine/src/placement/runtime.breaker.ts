import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import { ApiError, backendUnavailable } from '@local-llm-agent/contracts';
import { RunningList, atMost } from '@local-llm-agent/http';
import type { Runtime, RuntimeHealth } from '../runtime/runtime.contract.js';

/** State of a breaker, as metrics and health tell it. */
export type BreakerState = 'closed' | 'half_open' | 'open';

/** Who is told of changes. */
export interface BreakerListener {
  /** It is taken for lost: nothing is sent there until it answers again. */
  onLost(runtime: Runtime, error: ApiError): void;
  /** It is lost and has no process any more, so nothing is in its memory. Told anew after each question in vain. */
  onGone(runtime: Runtime): void;
  /** It answers again; requests come after this has settled. */
  onBack(runtime: Runtime): Promise<void>;
}

/** Failures in a row after which a runtime is taken for lost. */
const MOST_FAILURES = 3;
/** How long a lost runtime is left alone before it is asked again. */
const OPEN_MS = 800;
/** For the clients: it is asked again before that. */
const RETRY_SECONDS = 2;
/** Longest wait for an answer to the question whether it is there. */
const PROBE_TIMEOUT_MS = 6000;

const STATES: Readonly<Record<CircuitState, BreakerState>> = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half_open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
};

/**
 * Knows whether one runtime answers. Failures of connections and of probes count; after some in a row nothing but
 * probes goes there, until one succeeds. Requests are never probes.
 */
export class RuntimeBreaker {
  private readonly policy = circuitBreaker(handleAll, {
    // Its clock is that of the wall, which may be set back by hours: how long it is left alone is seen to in `ask`.
    halfOpenAfter: Number.NEGATIVE_INFINITY,
    breaker: new ConsecutiveBreaker(MOST_FAILURES),
  });
  /** Attempts that would wait for a runtime that is lost. */
  private readonly guarded = new RunningList<AbortController>();
  private probing: Promise<RuntimeHealth> | undefined;
  private reason = '';
  private failed = false;
  private gone = false;
  private lost = false;
  private probedAt = Number.NEGATIVE_INFINITY;
  /** While it is lost: when it may be asked again. */
  private leftAloneUntil = Number.NEGATIVE_INFINITY;

  constructor(
    readonly runtime: Runtime,
    private readonly listener: BreakerListener,
  ) {
    this.policy.onBreak(() => {
      this.leftAloneUntil = performance.now() + OPEN_MS;
      // It also breaks anew after each probe in vain.
      if (this.lost) return;
      this.lost = true;
      const { loss } = this;
      listener.onLost(runtime, loss);
      for (const { item } of this.guarded) item.abort(loss);
    });
    this.policy.onReset(() => {
      this.lost = false;
    });
  }

  /** Closed: requests may go there. */
  get state(): BreakerState {
    return STATES[this.policy.state];
  }

  /** The last answer was a failure, so that it is worth asking again soon. */
  get suspect(): boolean {
    return this.failed;
  }

  /** Milliseconds since it was asked last. */
  get unaskedMs(): number {
    return performance.now() - this.probedAt;
  }

  /** Refuses requests while it is lost: there is nothing to try again soon. */
  get refusal(): ApiError {
    return backendUnavailable(this.reason, { origin: 'runtime', retryAfterSeconds: RETRY_SECONDS });
  }

  /** Ends what was under way when it was lost. */
  private get loss(): ApiError {
    return backendUnavailable(this.reason, { origin: 'runtime', retryAfterSeconds: RETRY_SECONDS, lost: 'runtime' });
  }

  /**
   * Counts a failed call, and asks at once whether the runtime is there: a connection may also be cut by what stands in
   * between, and several of them at the same time. Only calls that could not reach it matter.
   */
  note(error: ApiError): void {
    if (error.lost !== 'runtime' || this.state !== 'closed' || this.probing) return;
    this.fails(error.message);
    void this.policy.execute(() => Promise.reject(error)).catch(() => undefined);
    void this.probe();
  }

  /** It has just answered a call. */
  answered(): void {
    if (!this.failed || this.state !== 'closed') return;
    this.failed = false;
    void this.policy.execute(() => Promise.resolve());
  }

  /** Asks whether it is there; all that ask at the same time share one question. Never rejects. */
  probe(mostMs = PROBE_TIMEOUT_MS): Promise<RuntimeHealth> {
    this.probing ??= this.ask().finally(() => {
      this.probing = undefined;
    });
    const late = { up: false, detail: `The runtime ${this.runtime.id} does not answer within ${mostMs / 1000} s.` };
    return atMost(mostMs, this.probing, late);
  }

  /** Aborts the controller when the runtime is lost, unless the function that is returned is called before. */
  guard(attempt: AbortController): () => void {
    return this.guarded.add(attempt);
  }

  private async ask(): Promise<RuntimeHealth> {
    if (this.lost && performance.now() < this.leftAloneUntil) return { up: false, detail: this.reason };
    this.probedAt = performance.now();
    try {
      const health = await this.policy.execute(() => this.askNow());
      this.failed = false;
      return health;
    } catch {
      this.failed = true;
      if (this.lost && this.gone) this.listener.onGone(this.runtime);
      return { up: false, detail: this.reason };
    }
  }

  private async askNow(): Promise<RuntimeHealth> {
    const late = { up: false, detail: `The runtime ${this.runtime.id} does not answer. See that it runs.` };
    const asked = this.runtime
      .health(AbortSignal.timeout(PROBE_TIMEOUT_MS))
      .catch((cause: unknown) => (cause instanceof ApiError ? { up: false, detail: cause.message } : late));
    const health: RuntimeHealth = await atMost(PROBE_TIMEOUT_MS, asked, late);
    this.gone = health.gone === true;
    if (!health.up) {
      this.fails(health.detail ?? late.detail);
      throw this.loss;
    }
    if (this.state !== 'closed') await this.listener.onBack(this.runtime);
    return health;
  }

  private fails(reason: string): void {
    this.failed = true;
    this.reason = reason;
  }
}
