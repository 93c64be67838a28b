import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@local-llm-agent/observability';
import type { ResidencyService } from '../residency/residency.service.js';
import type { Runtime } from '../runtime/runtime.contract.js';
import { ResidentCheck } from './resident-check.service.js';

const ONE = { id: 'one' } as Runtime;
const TWO = { id: 'two' } as Runtime;

describe('ResidentCheck', () => {
  /** Looks that were begun, and how to end each. */
  let looks: { readonly id: string | undefined; readonly end: (error?: Error) => void }[];
  let check: ResidentCheck;

  beforeEach(() => {
    looks = [];
    const residency = {
      reconcile: (_signal: AbortSignal, id?: string) =>
        new Promise<void>((resolve, reject) => {
          looks.push({ id, end: (error) => (error ? reject(error) : resolve()) });
        }),
    };
    check = new ResidentCheck(
      residency as unknown as ResidencyService,
      createLogger({ service: 'test', level: 'silent' }),
    );
  });

  const begun = (): (string | undefined)[] => looks.map(({ id }) => id);

  it('looks once for a thousand requests that failed together, and once more for what came meanwhile', async () => {
    for (let i = 0; i < 1000; i += 1) check.look(ONE);
    expect(begun()).toEqual(['one']);
    looks[0]!.end();
    await turn();
    expect(begun()).toEqual(['one', 'one']);
    looks[1]!.end();
    await turn();
    expect(begun()).toHaveLength(2);
  });

  it('looks only at the runtime that failed, whatever goes on at others', () => {
    check.look(ONE);
    check.look(TWO);
    expect(begun()).toEqual(['one', 'two']);
  });

  it('looks anew after a look that failed', async () => {
    check.look(ONE);
    looks[0]!.end(new Error('broken'));
    await turn();
    check.look(ONE);
    expect(begun()).toEqual(['one', 'one']);
  });
});
