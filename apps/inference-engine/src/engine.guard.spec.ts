import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { EngineGuard } from './engine.guard.js';

const TOKEN = 'token-of-the-engine-0123456789';

function enter(authorization: string | undefined, path = '/v1/chat/completions', ENGINE_TOKEN?: string): void {
  const headers = authorization === undefined ? {} : { authorization };
  new EngineGuard({ ENGINE_TOKEN }).enter({ headers } as IncomingMessage, { path });
}

describe('the guard of the engine', () => {
  it('lets everybody in without a token', () => {
    expect(() => enter(undefined)).not.toThrow();
    expect(() => enter('Bearer anything')).not.toThrow();
  });

  it('lets in who knows the token', () => {
    expect(() => enter(`Bearer ${TOKEN}`, undefined, TOKEN)).not.toThrow();
    expect(() => enter(`bearer  ${TOKEN} `, '/models', TOKEN)).not.toThrow();
  });

  it.each([
    undefined,
    '',
    TOKEN,
    'Bearer ',
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Bearer ${TOKEN.toUpperCase()}`,
    `Bearer ${TOKEN} ${TOKEN}`,
    `Bearer ${'x'.repeat(10_000)}`,
  ])('refuses %j with 401, and says what to set', (authorization) => {
    for (const path of ['/v1/chat/completions', '/models', '/health', '/status', '/health/live/x', '/', '/metrics/'])
      expect(() => enter(authorization, path, TOKEN)).toThrow(
        expect.objectContaining({ status: 401, origin: 'engine', message: expect.stringContaining('ENGINE_TOKEN') }),
      );
  });

  it.each(['/health/live', '/health/ready', '/metrics'])('leaves %s open for who watches', (path) => {
    expect(() => enter(undefined, path, TOKEN)).not.toThrow();
  });
});
