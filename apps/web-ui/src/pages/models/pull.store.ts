import { create } from 'zustand';
import { pullModel, type PullOrder } from '../../api/model-management.api';
import { NO_PROGRESS, afterLine, type PullProgress } from './pull-progress.state';

/** Lines come many times a second; so often the page is told, ms. */
const TELL_MS = 200;

/** A pull of this page. */
export interface Pull extends PullOrder {
  readonly id: number;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly progress: PullProgress;
  readonly error?: unknown;
}

interface PullState {
  /** The newest last. */
  readonly pulls: readonly Pull[];
  /** Begins a pull; one of the same model that goes on already is left alone, one that ended is forgotten. */
  readonly start: (order: PullOrder, ended: () => void) => void;
  /** Ends a pull. */
  readonly cancel: (id: number) => void;
  /** Forgets a pull that ended. */
  readonly dismiss: (id: number) => void;
}

const aborts = new Map<number, AbortController>();
let last = 0;

/** The browser asks before it closes a page on which something is fetched: that would end it. */
function holdPage(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** Pulls that were begun here. They go on while another view is looked at, and end with the page. */
export const usePulls = create<PullState>((set, get) => {
  const change = (id: number, news: Partial<Pull>): void => {
    set(({ pulls }) => ({ pulls: pulls.map((pull) => (pull.id === id ? { ...pull, ...news } : pull)) }));
  };
  const follow = async (id: number, order: PullOrder, signal: AbortSignal): Promise<void> => {
    let progress = NO_PROGRESS;
    let toldAt = Number.NEGATIVE_INFINITY;
    for await (const line of pullModel(order, signal)) {
      const now = performance.now();
      const { step } = progress;
      progress = afterLine(progress, line, now);
      if (progress.step === step && now - toldAt < TELL_MS) continue;
      toldAt = now;
      change(id, { progress });
    }
    change(id, { progress, state: 'done' });
  };
  return {
    pulls: [],
    start: (order, ended) => {
      const same = get().pulls.find(({ model }) => model === order.model);
      if (same?.state === 'running') return;
      const id = (last += 1);
      const abort = new AbortController();
      aborts.set(id, abort);
      const pull: Pull = { ...order, id, state: 'running', progress: NO_PROGRESS };
      set(({ pulls }) => ({ pulls: [...pulls.filter((each) => each !== same), pull] }));
      window.addEventListener('beforeunload', holdPage);
      void follow(id, order, abort.signal)
        .catch((error: unknown) =>
          change(id, abort.signal.aborted ? { state: 'cancelled' } : { state: 'failed', error }),
        )
        .finally(() => {
          aborts.delete(id);
          if (aborts.size === 0) window.removeEventListener('beforeunload', holdPage);
          ended();
        });
    },
    cancel: (id) => aborts.get(id)?.abort(),
    dismiss: (id) => set(({ pulls }) => ({ pulls: pulls.filter((pull) => pull.id !== id) })),
  };
});
