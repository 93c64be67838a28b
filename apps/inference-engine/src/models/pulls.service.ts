import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  backendUnavailable,
  notFound,
  toApiError,
  type ManagementProgress,
  type PullStatus,
} from '@local-llm-agent/contracts';
import { NO_PROGRESS, afterLine, pullSpeed, type PullProgress } from './pull-progress.state.js';

/** How long a pull that has ended is told of, ms, and the most of them. */
const KEPT_MS = 3_600_000;
const MOST_ENDED = 20;

/** A pull as it is asked for. */
export interface PullTerms extends Pick<PullStatus, 'model' | 'runtime' | 'insecure'> {
  /** Under which it is told of; another one where this is taken. */
  readonly id: string;
}

interface Pull extends PullTerms {
  readonly abort: AbortController;
  readonly startedAt: number;
  endedAt: number | undefined;
  state: PullStatus['state'];
  progress: PullProgress;
  error: string | undefined;
}

/** All pulls of the engine, whoever began them: how far they are, and how to end one. */
@Injectable()
export class PullsService {
  private readonly pulls = new Map<string, Pull>();

  /**
   * Follows a pull to its end and passes its steps on. It ends with the signal, or by {@link end}, which then is a
   * `backend_unavailable` for who reads the steps.
   */
  async *follow(
    terms: PullTerms,
    pull: (signal: AbortSignal) => AsyncIterable<ManagementProgress>,
    left: AbortSignal,
  ): AsyncGenerator<ManagementProgress> {
    const followed = this.add(terms);
    const leave = (): void => followed.abort.abort(left.reason);
    left.addEventListener('abort', leave, { once: true });
    try {
      for await (const step of pull(followed.abort.signal)) {
        followed.progress = afterLine(followed.progress, step, performance.now());
        yield step;
      }
      followed.state = 'done';
    } catch (error) {
      followed.state = followed.abort.signal.aborted ? 'cancelled' : 'failed';
      if (followed.state === 'failed') followed.error = toApiError(error).message;
      throw error;
    } finally {
      left.removeEventListener('abort', leave);
      // Whoever stops reading the steps ends the pull.
      if (followed.state === 'running') followed.state = 'cancelled';
      followed.endedAt = Date.now();
    }
  }

  /** The pulls in the order in which they began. */
  list(): PullStatus[] {
    this.forgetOld();
    return [...this.pulls.values()].map(toStatus);
  }

  /** Ends a pull that is under way, and forgets one that has ended. Throws a 404. */
  end(id: string): PullStatus {
    const pull = this.pulls.get(id);
    if (!pull) throw notFound(`There is no pull '${id}'. GET /admin/pulls lists them.`);
    if (pull.state !== 'running') this.pulls.delete(id);
    pull.abort.abort(backendUnavailable('The pull was cancelled. What was fetched is used by the next try.'));
    return toStatus(pull);
  }

  private forgetOld(): void {
    const ended = [...this.pulls.values()].filter(({ endedAt }) => endedAt !== undefined);
    const old = Date.now() - KEPT_MS;
    ended.forEach(({ id, endedAt = 0 }, index) => {
      if (endedAt < old || index < ended.length - MOST_ENDED) this.pulls.delete(id);
    });
  }

  private add(terms: PullTerms): Pull {
    this.forgetOld();
    const id = this.pulls.has(terms.id) ? randomUUID() : terms.id;
    const pull: Pull = {
      ...terms,
      id,
      abort: new AbortController(),
      startedAt: Date.now(),
      endedAt: undefined,
      state: 'running',
      progress: NO_PROGRESS,
      error: undefined,
    };
    this.pulls.set(id, pull);
    return pull;
  }
}

function toStatus({ id, model, runtime, insecure, state, progress, startedAt, endedAt, error }: Pull): PullStatus {
  const speed = state === 'running' && progress.step === 'fetching' ? pullSpeed(progress) : undefined;
  return {
    id,
    model,
    runtime,
    insecure,
    state,
    step: progress.step,
    layers: [...progress.layers],
    bytesPerSecond: speed === undefined ? null : Math.round(speed),
    startedAt: new Date(startedAt).toISOString(),
    endedAt: endedAt === undefined ? null : new Date(endedAt).toISOString(),
    ...(error !== undefined && { error }),
  };
}
