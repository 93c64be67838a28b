import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ApiError, toChatCompletionRequest } from '@local-llm-agent/contracts';
import { RequestWatch, setContext } from '@local-llm-agent/http';
import { createLogger } from '@local-llm-agent/observability';
import { AttemptService } from '../generation/attempt.service.js';
import type { SlotService } from '../generation/slot.service.js';
import { EngineMetrics } from '../metrics/engine.metrics.js';
import type { PlacementService } from '../placement/placement.service.js';
import { RuntimeWatch } from '../placement/runtime-watch.service.js';
import type { CountCall, Runtime } from '../runtime/runtime.contract.js';
import { TokenCountService } from './token-count.service.js';

const REQUEST = toChatCompletionRequest({
  model: 'm',
  messages: [
    { role: 'system', content: 'Be kind.' },
    { role: 'user', content: 'hi' },
  ],
});
const TERMS = { tier: 'small', caller: 'a', timeoutMs: 10_000 } as const;
const PLAN = { name: 'm', contextLength: 100, slots: 1 };

type Count = (call: CountCall, signal: AbortSignal) => Promise<{ tokens: number; exact: boolean }>;

describe('counting tokens', () => {
  let watch: RequestWatch;
  let released: number;
  let failures: unknown[];
  let response: EventEmitter;

  beforeEach(() => {
    watch = new RequestWatch();
    released = 0;
    failures = [];
    response = new EventEmitter();
    setContext(response as ServerResponse, {
      id: 'a',
      method: 'POST',
      path: '/',
      startedAt: performance.now(),
    });
  });

  afterEach(() => {
    expect(watch.size).toBe(0);
    watch.close();
  });

  function serviceWith(countTokens: Count): TokenCountService {
    const runtime = { id: 'one', countTokens } as unknown as Runtime;
    const capabilities = { tools: 'none', thinking: 'none', vision: false };
    const slots = {
      find: () => Promise.resolve({ model: { defaults: {}, hosts: [], runtime }, capabilities }),
      take: () =>
        Promise.resolve({
          plan: PLAN,
          release: () => {
            released += 1;
          },
        }),
    };
    const placement = {
      hasOther: () => false,
      failed: (_runtime: Runtime | undefined, error: unknown) => failures.push(error),
    };
    const logger = createLogger({ service: 'test', level: 'silent' });
    const attempts = new AttemptService(
      slots as unknown as SlotService,
      placement as unknown as PlacementService,
      new RuntimeWatch(
        [runtime],
        { onLost: () => undefined, onGone: () => undefined, onBack: () => Promise.resolve() },
        logger,
      ),
      new EngineMetrics(),
      logger,
    );
    return new TokenCountService(attempts, watch);
  }

  it('asks the runtime about the prompt that the chat would have, in a slot that it gives back', async () => {
    let asked: CountCall | undefined;
    const service = serviceWith((call) => {
      asked = call;
      return Promise.resolve({ tokens: 12, exact: true });
    });
    expect(await service.count(REQUEST, TERMS, response as ServerResponse)).toEqual({ promptTokens: 12, exact: true });
    expect(asked).toMatchObject({
      plan: PLAN,
      input: {
        type: 'chat',
        messages: [
          { role: 'system', content: 'Be kind.' },
          { role: 'user', content: 'hi' },
        ],
        tools: [],
      },
    });
    expect(released).toBe(1);
  });

  it('gives the slot back and tells of the failure when the runtime cannot', async () => {
    const error = new Error('no');
    const service = serviceWith(() => Promise.reject(error));
    await expect(service.count(REQUEST, TERMS, response as ServerResponse)).rejects.toBe(error);
    expect([released, failures]).toEqual([1, [error]]);
  });

  it('stops when the client leaves', async () => {
    const service = serviceWith(
      (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
          response.emit('close');
        }),
    );
    await expect(service.count(REQUEST, TERMS, response as ServerResponse)).rejects.toBeInstanceOf(ApiError);
    expect(released).toBe(1);
  });
});
