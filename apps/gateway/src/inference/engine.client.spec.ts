import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadSettings } from '@local-llm-agent/config';
import { RequestWatch } from '@local-llm-agent/http';
import { FakeEngine } from '@local-llm-agent/testing';
import { EngineClient } from './engine.client.js';

describe('the engine client', () => {
  let engine: FakeEngine;
  let watch: RequestWatch;
  let client: EngineClient;

  beforeEach(async () => {
    engine = await FakeEngine.start();
    watch = new RequestWatch();
    client = new EngineClient(loadSettings({ ENGINE_URL: engine.url }), watch);
  });

  afterEach(async () => {
    watch.close();
    await client.onModuleDestroy();
    await engine.close();
  });

  it('sends nothing for a client that left during admission', async () => {
    const gone = { destroyed: true } as ServerResponse;
    await client.relay(
      {
        path: '/v1/chat/completions',
        body: Buffer.from('{}'),
        tier: 'small',
        timeoutMs: 1000,
        caller: 'a',
        streaming: false,
        translator: undefined,
        detour: undefined,
      },
      gone,
    );
    expect(engine.exchanges).toEqual([]);
    expect(watch.size).toBe(0);
  });
});
