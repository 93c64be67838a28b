import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { GatewayActivity } from '@local-llm-agent/contracts';
import { FakeEngine, errorAnswer, plainAnswer, streamAnswer } from '@local-llm-agent/testing';
import { AccessService } from '../src/admission/access.service.js';
import { anonymousCaller } from '../src/admission/caller.types.js';
import { ask, askChat, startGateway, type RunningGateway } from './gateway.harness.js';

const PATH = '/admin/activity';

describe('the activity of the gateway', () => {
  let engine: FakeEngine;
  let gateway: RunningGateway;

  const activity = async (query = ''): Promise<GatewayActivity> =>
    (await ask(gateway, { path: PATH + query })).json() as GatewayActivity;

  beforeAll(async () => {
    engine = await FakeEngine.start();
  });
  beforeEach(async () => {
    gateway = await startGateway(engine.url);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await gateway.stop();
  });
  afterAll(() => engine.close());

  it('counts answers, their tokens and times, and what went wrong', async () => {
    engine.answerWith(streamAnswer(['a', 'b']));
    expect((await askChat(gateway, { stream: true })).status).toBe(200);
    engine.answerWith(plainAnswer('hello'));
    expect((await askChat(gateway)).status).toBe(200);
    engine.answerWith(errorAnswer(500, ''));
    expect((await askChat(gateway)).status).toBe(503);
    expect((await askChat(gateway, { temperature: 9 })).status).toBe(400);
    const { totals, buckets, stepSeconds, windowSeconds } = await activity();
    expect(totals).toMatchObject({ requests: 4, ok: 2, failed: 1, refused: 1, promptTokens: 14, completionTokens: 6 });
    expect(totals.firstTokenMs).toEqual({ count: 1, p50: expect.any(Number), p95: expect.any(Number) });
    expect([stepSeconds, windowSeconds, buckets.length]).toEqual([5, 1800, 360]);
    expect(buckets.reduce((sum, { requests }) => sum + requests, 0)).toBe(4);
  });

  it('does not count requests that ask no model', async () => {
    for (const path of ['/health', '/v1/models', PATH]) await ask(gateway, { path });
    expect((await activity()).totals.requests).toBe(0);
  });

  it('is told as finely as one asks, and only news to those who say what they know', async () => {
    const { time, buckets } = await activity('?seconds=300&step=30');
    expect(buckets).toHaveLength(10);
    const news = await activity(`?seconds=300&step=30&since=${time}`);
    expect(news.buckets.length).toBeLessThanOrEqual(2);
    expect(news.buckets.length).toBeGreaterThan(0);
  });

  it.each([
    ['?step=7', 'step'],
    ['?step=', 'step'],
    ['?seconds=61', 'seconds'],
    ['?seconds=3600', 'seconds'],
    ['?seconds=0', 'seconds'],
    ['?seconds=100&step=30', 'seconds'],
    ['?since=now', 'since'],
    ['?until=now', 'until'],
  ])('refuses %s and names %s', async (query, param) => {
    const answer = await ask(gateway, { path: PATH + query });
    expect([answer.status, answer.json()]).toMatchObject([400, { error: { code: 'invalid_request', param } }]);
  });

  it('is for admins only', async () => {
    jest.spyOn(AccessService.prototype, 'callerOf').mockReturnValue({ ...anonymousCaller('key-1'), role: 'inference' });
    expect((await ask(gateway, { path: PATH })).status).toBe(403);
  });
});
