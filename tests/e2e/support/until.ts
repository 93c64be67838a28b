import { setTimeout as wait } from 'node:timers/promises';

/** Asks until the condition holds, and gives the milliseconds that took. Throws when it never does within the time. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, mostMs = 5000): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    if (await holds()) return performance.now() - startedAt;
    if (performance.now() - startedAt > mostMs) throw new Error(`not within ${mostMs} ms: ${what}`);
    await wait(20);
  }
}
