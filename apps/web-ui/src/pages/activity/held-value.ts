import { useEffect, useState } from 'react';

/** The value as it is, or, while it is held, as it was when that began. */
export function useHeld<T>(value: T, held: boolean): T {
  const [kept, setKept] = useState({ value, held });
  if (held !== kept.held || (!held && !Object.is(value, kept.value)))
    setKept({ value: held ? kept.value : value, held });
  return held ? kept.value : value;
}

/** The value before as long as the new one says the same, so that nothing is drawn anew for it. */
export function useSame<T>(value: T): T {
  const [kept, setKept] = useState(value);
  const same = kept === value || JSON.stringify(kept) === JSON.stringify(value);
  if (!same) setKept(value);
  return same ? kept : value;
}

/** The time of this browser, Unix ms, as often as given while the page is seen and the time is not held. */
export function useClock(everyMs: number, held: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (held) return undefined;
    const look = (): void => {
      if (document.visibilityState === 'visible') setNow(Date.now());
    };
    look();
    const timer = setInterval(look, everyMs);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [everyMs, held]);
  return now;
}
