import { useEffect, useState } from 'react';

/** How often the time of the page moves on, ms: days and minutes are what is shown. */
const STEP_MS = 30_000;

/** The time now, ms, near enough for what ends in minutes or days. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), STEP_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
