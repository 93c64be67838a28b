/** A signal with a bound in time; `end` it when it is no longer needed. */
export interface BoundedSignal {
  readonly signal: AbortSignal;
  readonly end: () => void;
}

/**
 * A signal that is aborted with the given one, or after so many milliseconds with a `TimeoutError`. The timer holds what
 * it aborts: in Node 20 an `AbortSignal.timeout` that only `AbortSignal.any` knows may be collected, and never fires.
 */
export function boundedSignal(signal: AbortSignal, ms: number): BoundedSignal {
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort(new DOMException(`There was no answer within ${ms} ms.`, 'TimeoutError'));
  }, ms);
  return {
    signal: AbortSignal.any([signal, late.signal]),
    end: () => {
      clearTimeout(timer);
    },
  };
}
