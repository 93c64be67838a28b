import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeEngine, fullAnswer } from '@local-llm-agent/testing';
import { DISPATCHES, ask, startGateway, type RunningGateway } from './gateway.harness.js';
import { HOSTILE_BODIES } from './hostile-bodies.cases.js';
import { HOSTILE_PATHS } from './hostile-paths.cases.js';

const BODIES = HOSTILE_BODIES.filter(({ title }) => /__proto__|constructor/.test(title));
const QUERIES = HOSTILE_PATHS.filter(({ path }) => path.includes('polluted'));
const BUILT_IN = [Object.prototype, Array.prototype, Function.prototype, String.prototype];

/** The own names of what every object inherits from. */
const namesOfAll = (): string[][] => BUILT_IN.map((each) => Object.getOwnPropertyNames(each));

describe.each(DISPATCHES)(
  'the prototype of all objects, with token routes dispatched $dispatch',
  ({ TOKEN_ROUTES }) => {
    let engine: FakeEngine;
    let gateway: RunningGateway;

    beforeAll(async () => {
      engine = await FakeEngine.start();
      engine.answerWith(fullAnswer);
      gateway = await startGateway(engine.url, { settings: { TOKEN_ROUTES } });
    });
    afterAll(async () => {
      await gateway.stop();
      await engine.close();
    });

    it('is out of reach of bodies and queries, in the process that reads them', async () => {
      const before = namesOfAll();
      expect(BODIES.length).toBeGreaterThan(50);
      expect(QUERIES.length).toBeGreaterThan(2);
      for (const { path, body, statuses } of BODIES) {
        const headers = { accept: 'application/json, text/event-stream' };
        expect(statuses).toContain((await ask(gateway, { path, body, headers })).status);
        expect([path, namesOfAll(), ({} as { polluted?: unknown }).polluted]).toEqual([path, before, undefined]);
      }
      for (const { path, status } of QUERIES) {
        expect((await ask(gateway, { path })).status).toBe(status);
        expect([path, namesOfAll()]).toEqual([path, before]);
      }
    });

    it('is nothing that the engine is sent either', async () => {
      const from = engine.exchanges.length;
      for (const { path, body } of BODIES) await ask(gateway, { path, body });
      for (const { body } of engine.exchanges.slice(from)) expect(body.toString()).not.toContain('__proto__');
    });
  },
);
