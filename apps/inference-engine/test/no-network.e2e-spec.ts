import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ENGINE_PATHS } from '@local-llm-agent/contracts';
import { FakeOllama } from '@local-llm-agent/testing';
import { ask, startEngine, type RunningEngine } from './engine.harness.js';

const CATALOG = 'models: [{ id: a, tier: small, memory: 1GiB }]';

describe('an image from the network', () => {
  let ollama: FakeOllama;
  let engine: RunningEngine;
  let trap: Server;
  let connections = 0;

  beforeAll(async () => {
    ollama = new FakeOllama([{ name: 'a:latest', size: 2 ** 30 }]);
    engine = await startEngine(await ollama.start(), CATALOG, { MEMORY_BUDGET: 2 ** 32 });
    trap = createServer((socket) => {
      connections += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(trap, 'listening');
  });
  afterAll(async () => {
    await engine.stop();
    await ollama.close();
    trap.close();
  });

  it('is never fetched: the engine refuses it, as the gateway does', async () => {
    const address = `127.0.0.1:${(trap.address() as AddressInfo).port}`;
    for (const url of [`http://${address}/x.png`, `https://${address}/`, `//${address}/x`, 'file:///etc/passwd']) {
      const content = [{ type: 'image_url', image_url: { url } }];
      const body = { model: 'a', messages: [{ role: 'user', content }] };
      const answer = await ask(engine, ENGINE_PATHS.chatCompletions, body);
      expect([answer.status, answer.json()]).toMatchObject([
        400,
        { error: { param: 'messages[0].content[0].image_url.url', message: expect.stringContaining('data URL') } },
      ]);
    }
    expect(connections).toBe(0);
  });
});
