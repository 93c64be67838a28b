import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChatStream, LONG_CHAT, SHORT_CHAT, expectAnswer, postChat } from './support/chat.js';
import { writeModelFiles } from './support/model-files.js';
import { Ollama } from './support/ollama.js';
import { RUNTIME, System } from './support/system.js';
import { until } from './support/until.js';

const CATALOG = 'uncatalogued: { contextLength: 1024, parallel: 2 }';
/** Whether a host is there is asked every few seconds; one that hangs has to be silent for a while. */
const FOUND_MS = 20_000;
const LOST_MS = 45_000;

interface Health {
  readonly status: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

if (RUNTIME !== 'ollama') {
  it.skip('is left out: two real Ollama servers are needed, see npm run test:ollama', () => undefined);
} else {
  describe('two hosts of Ollama', () => {
    let folder: string;
    let hosts: [Ollama, Ollama];
    let system: System;

    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'llm-agent-hosts-'));
      const files = writeModelFiles(path.join(folder, 'models'), ['smollm2']);
      const start = (name: string): Promise<Ollama> => {
        const home = path.join(folder, name);
        mkdirSync(home);
        return Ollama.start(home, files);
      };
      hosts = [await start('one'), await start('two')];
      const OLLAMA_HOST = hosts.map(({ url }) => `${url}=2GiB`).join(',');
      system = await System.start({ ollamaUrl: 'unused', catalog: CATALOG, settings: { OLLAMA_HOST } });
    }, 120_000);
    afterAll(async () => {
      await system.stop();
      for (const host of hosts) {
        host.thaw();
        await host.stop();
      }
      rmSync(folder, { recursive: true, force: true });
    }, 60_000);

    const breaker = (host: Ollama): Promise<number> =>
      system.metric(system.engineUrl, 'llm_breaker_state', `ollama@${new URL(host.url).host}`);
    const isUsed = async (host: Ollama): Promise<boolean> => (await breaker(host)) === 0;
    const health = async (): Promise<Health> => (await (await fetch(`${system.gatewayUrl}/health`)).json()) as Health;

    async function expectNothingLeft(): Promise<void> {
      for (const name of ['llm_requests_in_flight', 'llm_slots_in_use', 'llm_queue_length'])
        await until(`${name} is 0`, async () => (await system.metric(system.engineUrl, name)) === 0);
    }

    /** The host that has the model in memory, and the other one. */
    async function byResidence(): Promise<{ holder: Ollama; other: Ollama }> {
      const [one, two] = hosts;
      return (await one.residents()).length > 0 ? { holder: one, other: two } : { holder: two, other: one };
    }

    it('serve a model where it is in memory', async () => {
      for (let i = 0; i < 4; i += 1) await expectAnswer(system.gatewayUrl);
      expect(await Promise.all(hosts.map((host) => host.residents()))).toEqual([['smollm2'], []]);
      expect(await health()).toMatchObject({ status: 'healthy', dependencies: { ollama: 'up' } });
    }, 60_000);

    it('answer every request when the one with the model is killed while it is idle', async () => {
      const { holder, other } = await byResidence();
      await holder.kill();
      const answers = await Promise.all(Array.from({ length: 4 }, () => postChat(system.gatewayUrl, SHORT_CHAT)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(await other.residents()).toEqual(['smollm2']);
      await until('the loss is noticed', async () => (await breaker(holder)) > 0, FOUND_MS);
      expect(await health()).toMatchObject({ status: 'degraded', dependencies: { ollama: 'up' } });
      await expectAnswer(system.gatewayUrl);
      await holder.startAgain();
      await until('it is found again', () => isUsed(holder), FOUND_MS);
      expect(await health()).toMatchObject({ status: 'healthy' });
      await expectNothingLeft();
    }, 90_000);

    it('end a stream with an error when its host is killed in the middle, and answer the next one', async () => {
      const stream = await ChatStream.open(system.gatewayUrl, LONG_CHAT);
      await stream.take(3);
      const { holder } = await byResidence();
      await holder.kill();
      expect(await stream.error()).toMatchObject({ code: 'backend_unavailable' });
      await expectAnswer(system.gatewayUrl);
      await holder.startAgain();
      await until('it is found again', () => isUsed(holder), FOUND_MS);
      await expectNothingLeft();
    }, 90_000);

    it('answer a request whose host is killed while it loads the model', async () => {
      await system.post('/api/generate', { model: 'smollm2', keep_alive: 0 });
      await until(
        'nothing is loaded',
        async () => (await Promise.all(hosts.map((h) => h.residents()))).flat().length === 0,
      );
      const before = system.engine.logs.length;
      const loadStarts = (): Record<string, unknown> | undefined =>
        system.engine.logs.slice(before).find(({ msg }) => msg === 'loading a model');
      const answer = postChat(system.gatewayUrl, SHORT_CHAT);
      await until('a host loads', () => loadStarts() !== undefined);
      const victim = hosts.find(({ url }) => loadStarts()?.['runtime'] === `ollama@${new URL(url).host}`);
      await victim?.kill();
      expect((await answer).status).toBe(200);
      await victim?.startAgain();
      await until('it is found again', () => isUsed(victim!), FOUND_MS);
      await expectNothingLeft();
    }, 90_000);

    it(
      'answer what waits for a host that hangs without closing, and use it again when it goes on',
      async () => {
        await expectAnswer(system.gatewayUrl);
        const { holder, other } = await byResidence();
        holder.freeze();
        try {
          const stream = await ChatStream.open(system.gatewayUrl, SHORT_CHAT);
          expect((await stream.rest()).at(-1)).toBe('[DONE]');
          expect(await other.residents()).toEqual(['smollm2']);
          expect(await breaker(holder)).toBeGreaterThan(0);
          const startedAt = performance.now();
          await expectAnswer(system.gatewayUrl);
          // At once, and not after asking the one that hangs.
          expect(performance.now() - startedAt).toBeLessThan(5000);
        } finally {
          holder.thaw();
        }
        await until('it is used again', () => isUsed(holder), FOUND_MS);
        await expectNothingLeft();
      },
      LOST_MS + 45_000,
    );

    it('refuse at once with a time to come back when both are down, and recover by themselves', async () => {
      await Promise.all(hosts.map((host) => host.kill()));
      await until('both are lost', async () => Math.min(...(await Promise.all(hosts.map(breaker)))) > 0, FOUND_MS);
      const response = await postChat(system.gatewayUrl, SHORT_CHAT);
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)]);
      expect(await health()).toMatchObject({ status: 'unhealthy', dependencies: { ollama: 'down' } });
      for (const host of hosts) await host.startAgain();
      await until('both are back', async () => Math.max(...(await Promise.all(hosts.map(breaker)))) === 0, FOUND_MS);
      await expectAnswer(system.gatewayUrl);
      await expectNothingLeft();
    }, 90_000);
  });

  describe('an Ollama and the embedded llama.cpp side by side', () => {
    let system: System;
    beforeAll(async () => {
      system = await System.start({
        models: ['smollm2', 'twin'],
        catalog: `${CATALOG}\nmodels: [{ id: smollm2, runtime: ollama }, { id: twin, runtime: embedded }]`,
        settings: { RUNTIMES: 'embedded,ollama' },
      });
    }, 120_000);
    afterAll(() => system.stop(), 60_000);

    it('serve each model where the catalog wants it', async () => {
      const owners = async (id: string): Promise<unknown> =>
        ((await (await fetch(`${system.gatewayUrl}/v1/models/${id}`)).json()) as { owned_by?: string }).owned_by;
      expect([await owners('smollm2'), await owners('twin')]).toEqual(['ollama', 'embedded']);
      await expectAnswer(system.gatewayUrl);
      expect(await system.ollama?.residents()).toEqual(['smollm2']);
      await expectAnswer(system.gatewayUrl, { ...SHORT_CHAT, model: 'twin' });
      expect(await system.ollama?.residents()).toEqual(['smollm2']);
      expect(await system.metricLines(system.engineUrl, 'llm_resident_model_bytes')).toEqual([
        expect.stringContaining('"ollama/smollm2"'),
        expect.stringContaining('"embedded/twin"'),
      ]);
    }, 60_000);

    it('go on with one of them when the other is lost', async () => {
      await system.ollama?.kill();
      await expectAnswer(system.gatewayUrl, { ...SHORT_CHAT, model: 'twin' });
      expect((await postChat(system.gatewayUrl, SHORT_CHAT)).status).toBe(503);
      const state = (await (await fetch(`${system.gatewayUrl}/health`)).json()) as Health;
      expect(state).toMatchObject({ status: 'degraded', dependencies: { ollama: 'down', embedded: 'up' } });
      await system.ollama?.startAgain();
      await until(
        'it is found again',
        async () => (await postChat(system.gatewayUrl, SHORT_CHAT)).status === 200,
        FOUND_MS,
      );
    }, 60_000);
  });
}
