import * as crypto from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it, jest } from '@jest/globals';
import type { KeyDirectory } from '../keys/key-directory.service.js';

const compared: [Buffer, Buffer][] = [];

jest.unstable_mockModule('node:crypto', () => ({
  ...crypto,
  timingSafeEqual: (one: Buffer, other: Buffer) => {
    compared.push([one, other]);
    return crypto.timingSafeEqual(one, other);
  },
}));

const { AccessService } = await import('./access.service.js');
const { hashKey, newKeyText } = await import('../keys/key-text.factory.js');

describe('a key that comes with a request', () => {
  it('is compared in constant time, as a hash, with the bootstrap key, the key of its id and the one before', () => {
    const id = 'abcdefghi2';
    const [now, before, given] = [newKeyText(id), newKeyText(id), newKeyText(id)];
    const record = { id, hash: hashKey(now), previous: { hash: hashKey(before), until: Number.MAX_SAFE_INTEGER } };
    const directory = { known: true, size: 1, find: () => record } as unknown as KeyDirectory;
    const settings = { ADMIN_KEY: 'bootstrap-key-0123456789', METRICS_ACCESS: 'key', TRUST_PROXY: undefined } as const;
    const req = { headers: { 'x-api-key': given }, socket: {} } as unknown as IncomingMessage;
    expect(() => new AccessService(settings, directory).enter(req, { method: 'GET', path: '/x' })).toThrow(/not known/);
    const hash = hashKey(given);
    expect(compared).toEqual([
      [hash, hashKey(settings.ADMIN_KEY)],
      [hash, record.hash],
      [hash, record.previous.hash],
    ]);
  });
});
