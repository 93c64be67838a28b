import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NewApiKey } from '@local-llm-agent/contracts';
import { FakeEngine, chatAnswer, wholeChat } from '@local-llm-agent/testing';
import { ask, startGateway, type Answer, type Question, type RunningGateway } from './gateway.harness.js';
import { ADMIN_KEY, KeysClient, bearer, dataFolder } from './keys.harness.js';
import { RedisServer, ensureRedis } from './redis.harness.js';

const PATH = '/v1/responses';
const ASK = { model: 'gemma3', input: 'hi' } as const;
const missing = ensureRedis();

const STORES = [
  { store: 'memory', start: () => Promise.resolve(undefined), reason: undefined },
  { store: 'Redis', start: () => RedisServer.start(), reason: missing },
] as const;

for (const { store, start, reason } of STORES) {
  const suite = reason === undefined ? describe : describe.skip;
  suite(`a stored response in ${store}${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
    const data = dataFolder();
    let redis: RedisServer | undefined;
    let engine: FakeEngine;
    let gateway: RunningGateway;
    let keys: KeysClient;
    let mine: NewApiKey;
    let others: NewApiKey;

    beforeAll(async () => {
      redis = await start();
      engine = await FakeEngine.start();
      const settings = { ADMIN_KEY, DATA_DIR: data.DATA_DIR, ...(redis ? { REDIS_URL: redis.url } : {}) };
      gateway = await startGateway(engine.url, { settings });
      keys = new KeysClient(gateway);
      mine = await keys.create();
      others = await keys.create();
    });
    beforeEach(() => {
      engine.answerWith(chatAnswer(wholeChat({ content: 'Hello' })));
    });
    afterAll(async () => {
      await gateway.stop();
      await engine.close();
      await redis?.stop();
      data.remove();
    });

    const send = (key: string, question: Question): Promise<Answer> =>
      ask(gateway, { ...question, headers: bearer(key) });
    const make = async (key: string, fields: object = {}): Promise<string> => {
      const answer = await send(key, { path: PATH, body: { ...ASK, ...fields } });
      expect(answer.status).toBe(200);
      return (answer.json() as { id: string }).id;
    };
    const itemOf = async (key: string, id: string): Promise<string> => {
      const page = (await send(key, { path: `${PATH}/${id}/input_items` })).json() as { data: { id: string }[] };
      return page.data[0]!.id;
    };
    const uses = (id: string, item: string): Question[] => [
      { path: `${PATH}/${id}` },
      { path: `${PATH}/${id}/input_items` },
      { path: PATH, body: { ...ASK, previous_response_id: id } },
      { path: PATH, body: { ...ASK, stream: true, previous_response_id: id } },
      { path: PATH, body: { ...ASK, input: [{ type: 'item_reference', id: item }] } },
      { path: `${PATH}/${id}`, method: 'DELETE' },
    ];

    it('is not there for another key, nor for an admin, whatever they do with its id', async () => {
      const id = await make(mine.key);
      const item = await itemOf(mine.key, id);
      const asked = engine.exchanges.length;
      for (const stranger of [others.key, ADMIN_KEY])
        for (const question of uses(id, item)) {
          const answer = await send(stranger, question);
          const unknown = await send(
            stranger,
            JSON.parse(JSON.stringify(question).replaceAll(id.slice(5), '0'.repeat(32))) as Question,
          );
          expect([question, answer.status]).toEqual([question, 404]);
          // Whether there is one cannot be told from the answer either.
          expect(answer.text.replaceAll(id.slice(5), '')).toBe(unknown.text.replaceAll('0'.repeat(32), ''));
        }
      expect(engine.exchanges.length).toBe(asked);
      for (const question of uses(id, item))
        expect([question, (await send(mine.key, question)).status]).toEqual([question, 200]);
    });

    it('cannot be cancelled by anybody: it is over before it can be asked for', async () => {
      const id = await make(mine.key);
      for (const key of [mine.key, others.key])
        expect((await send(key, { path: `${PATH}/${id}/cancel`, method: 'POST' })).status).toBe(404);
    });

    it('stays with its key when that is rotated', async () => {
      const turning = await keys.create();
      const id = await make(turning.key);
      const fresh = (await keys.ask('POST', `/${turning.id}/rotate`, {})).json() as NewApiKey;
      expect(fresh.key).not.toBe(turning.key);
      expect((await send(turning.key, { path: `${PATH}/${id}` })).status).toBe(401);
      const next = await make(fresh.key, { previous_response_id: id });
      expect((await send(fresh.key, { path: `${PATH}/${next}` })).status).toBe(200);
      expect((await send(fresh.key, { path: `${PATH}/${id}`, method: 'DELETE' })).status).toBe(200);
    });

    it('never shows whose it is', async () => {
      const id = await make(mine.key);
      for (const path of [`${PATH}/${id}`, `${PATH}/${id}/input_items`])
        expect((await send(mine.key, { path })).text).not.toContain(mine.id);
    });
  });
}
