import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { backendUnavailable, contextLengthExceeded, modelNotFound } from '@local-llm-agent/contracts';
import { createLogger } from '@local-llm-agent/observability';
import { EngineMetrics } from '../metrics/engine.metrics.js';
import type { Runtime } from '../runtime/runtime.contract.js';
import type { PlacementService } from '../placement/placement.service.js';
import { RuntimeWatch } from '../placement/runtime-watch.service.js';
import { AttemptService, type AttemptOrder } from './attempt.service.js';
import type { FoundModel, SlotService } from './slot.service.js';

const RESPONSE = {} as ServerResponse;
const LOST = backendUnavailable('gone', { origin: 'runtime', lost: 'runtime' });
const GONE = backendUnavailable('gone', { origin: 'runtime', lost: 'model' });

describe('AttemptService', () => {
  let up: boolean;
  let held: number;
  let failures: unknown[];
  let abort: AbortController;
  let watch: RuntimeWatch;
  let others: string[];
  let avoided: string[][];
  let service: AttemptService;
  let order: AttemptOrder;

  beforeEach(() => {
    up = true;
    held = 0;
    failures = [];
    abort = new AbortController();
    order = {
      model: 'm',
      purpose: 'generation',
      terms: { tier: 'small', caller: 'a', timeoutMs: 1000 },
      signal: abort.signal,
    };
    others = [];
    avoided = [];
    const runtime = { id: 'one', health: () => Promise.resolve({ up }) } as unknown as Runtime;
    const other = { ...runtime, id: 'two' } as Runtime;
    const foundOn = (place: Runtime, contextLength = 100): FoundModel =>
      ({ model: { runtime: place, hosts: [], name: 'm' }, demand: { contextLength } }) as unknown as FoundModel;
    const slots = {
      find: (_name: string, _order: unknown, avoid: readonly Runtime[]) => {
        avoided.push(avoid.map(({ id }) => id));
        return Promise.resolve(foundOn(avoid.includes(runtime) ? other : runtime));
      },
      take: ({ demand }: FoundModel) => {
        held += 1;
        return Promise.resolve({ plan: { name: 'm', ...demand }, release: () => (held -= 1) });
      },
      ask: (_: unknown, __: unknown, { contextLength }: { contextLength: number }) =>
        Promise.resolve(foundOn(runtime, contextLength)),
      enlarge: (_: unknown, __: unknown, { neededTokens, error }: { neededTokens: number; error: Error }) =>
        neededTokens <= 1000 ? Promise.resolve(foundOn(runtime, neededTokens)) : Promise.reject(error),
    };
    const logger = createLogger({ service: 'test', level: 'silent' });
    watch = new RuntimeWatch(
      [runtime, other],
      { onLost: () => undefined, onGone: () => undefined, onBack: () => Promise.resolve() },
      logger,
    );
    const placement = {
      failed: (_: unknown, error: unknown) => failures.push(error),
      hasOther: (_: unknown, failed: readonly Runtime[]) => others.some((id) => !failed.some((each) => each.id === id)),
    };
    service = new AttemptService(
      slots as unknown as SlotService,
      placement as unknown as PlacementService,
      watch,
      new EngineMetrics(),
      logger,
    );
  });

  it('gives what the first attempt gives, and its slot back', async () => {
    const answer = service.run(order, RESPONSE, async (attempt) => [(await attempt.take()).name, held]);
    expect(await answer).toEqual(['m', 1]);
    expect([held, failures]).toEqual([0, []]);
  });

  it('tries again what lost its model before it began to answer, with the slot free in between', async () => {
    const seen: number[] = [];
    const answer = await service.run(order, RESPONSE, async (attempt) => {
      seen.push(held);
      await attempt.take();
      if (seen.length === 1) throw GONE;
      return 'well';
    });
    expect([answer, seen, held, failures]).toEqual(['well', [0, 0], 0, [GONE]]);
  });

  it('goes elsewhere at once when another runtime has the model', async () => {
    others = ['two'];
    const answer = await service.run(order, RESPONSE, async (attempt) => {
      await attempt.take();
      if (attempt.model.runtime.id === 'one') throw LOST;
      return attempt.model.runtime.id;
    });
    expect([answer, avoided, held]).toEqual(['two', [[], ['one']], 0]);
  });

  it('gives up waiting for a runtime that is lost meanwhile', async () => {
    others = ['two'];
    const answer = await service.run(order, RESPONSE, async (attempt) => {
      const { runtime } = attempt.model;
      if (runtime.id === 'two') return 'two';
      const lost = new Promise((_, reject) => {
        attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason as Error));
      });
      up = false;
      for (let i = 0; i < 3; i += 1) await Promise.race([watch.health(runtime, 1000), lost]);
      await lost;
      return 'one';
    });
    expect(answer).toBe('two');
    expect(failures).toMatchObject([{ lost: 'runtime' }]);
  });

  it('tries the only runtime no more than once again', async () => {
    let attempts = 0;
    const answer = service.run(order, RESPONSE, () => {
      attempts += 1;
      return Promise.reject(GONE);
    });
    await expect(answer).rejects.toBe(GONE);
    expect(attempts).toBe(2);
  });

  it('does not try a runtime that has not come back', async () => {
    let attempts = 0;
    up = false;
    const answer = service.run(order, RESPONSE, () => {
      attempts += 1;
      return Promise.reject(GONE);
    });
    await expect(answer).rejects.toBe(GONE);
    expect(attempts).toBe(1);
  });

  it.each([
    ['what has begun to answer', GONE, true],
    ['a refusal', modelNotFound('no'), false],
  ])('never tries %s again', async (_, error, spoke) => {
    let attempts = 0;
    const answer = service.run(order, RESPONSE, async (attempt) => {
      attempts += 1;
      await attempt.take();
      if (spoke) attempt.spoke();
      throw error;
    });
    await expect(answer).rejects.toBe(error);
    expect([attempts, held]).toEqual([1, 0]);
  });

  it('tries again with a larger context what is too long, with room for the answer and the slot free in between', async () => {
    const seen: unknown[] = [];
    const answer = await service.run(order, RESPONSE, async (attempt) => {
      seen.push(held);
      const { contextLength } = await attempt.take(50);
      seen.push(contextLength);
      if (contextLength < 300) throw contextLengthExceeded(300, contextLength);
      return 'well';
    });
    expect([answer, seen, held]).toEqual(['well', [0, 100, 0, 350], 0]);
  });

  it('fails with what the larger context fails with', async () => {
    const error = contextLengthExceeded(5000, 100);
    await expect(service.run(order, RESPONSE, () => Promise.reject(error))).rejects.toBe(error);
  });

  it('takes the model with the context that is asked for, and as it is when that is enough', async () => {
    const contexts = await service.run(order, RESPONSE, async (attempt) => {
      await attempt.ask(50, 'options.num_ctx');
      const before = attempt.demand.contextLength;
      await attempt.ask(400, 'options.num_ctx');
      return [before, (await attempt.take()).contextLength];
    });
    expect(contexts).toEqual([100, 400]);
  });

  it('ends in the pause with the request', async () => {
    const reason = new Error('left');
    const answer = service.run(order, RESPONSE, () => {
      setImmediate(() => abort.abort(reason));
      return Promise.reject(GONE);
    });
    await expect(answer).rejects.toBe(reason);
  });
});
