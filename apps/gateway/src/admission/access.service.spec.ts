import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import type { ApiError } from '@local-llm-agent/contracts';
import { hashKey, newKeyId, newKeyText } from '../keys/key-text.factory.js';
import type { KeyDirectory } from '../keys/key-directory.service.js';
import type { KeyRecord } from '../keys/key.types.js';
import { AccessService, type Refusal } from './access.service.js';

const VISIT = { method: 'GET', path: '/v1/models' };

function recordOf(id: string, text: string, fields: Partial<KeyRecord> = {}): KeyRecord {
  return {
    id,
    name: 'test',
    role: 'inference',
    hash: hashKey(text),
    previous: undefined,
    models: undefined,
    tiers: undefined,
    requestsPerMinute: 7,
    tokensPerMinute: undefined,
    concurrency: undefined,
    tokensPerMonth: 0,
    cache: undefined,
    createdAt: 0,
    updatedAt: 0,
    expiresAt: undefined,
    revokedAt: undefined,
    ...fields,
  };
}

function access(records: readonly KeyRecord[], known = true, ADMIN_KEY?: string): [AccessService, Refusal[]] {
  const refusals: Refusal[] = [];
  const keys = new Map(records.map((record) => [record.id, record]));
  const directory = { known, size: keys.size, find: (id: string) => keys.get(id) } as unknown as KeyDirectory;
  const service = new AccessService({ ADMIN_KEY, METRICS_ACCESS: 'key', TRUST_PROXY: undefined }, directory, (why) =>
    refusals.push(why),
  );
  return [service, refusals];
}

function requestWith(key?: string): IncomingMessage {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return { headers, socket: { remoteAddress: '10.0.0.9' } } as unknown as IncomingMessage;
}

describe('who asks', () => {
  const id = newKeyId();
  const text = newKeyText(id);

  it('is told by the address while there are no keys', () => {
    const [service] = access([]);
    expect(service.enter(requestWith('any'), VISIT)).toMatchObject({ id: '10.0.0.9', role: 'admin' });
    expect(service.keyNeeded).toBe(false);
    expect(access([recordOf(id, text)])[0].keyNeeded).toBe(true);
  });

  it('is told by the key, with its limits', () => {
    const [service] = access([recordOf(id, text)]);
    const caller = service.enter(requestWith(text), VISIT);
    expect(caller).toMatchObject({ id, name: 'test', role: 'inference' });
    expect(caller.limits).toEqual({
      requestsPerMinute: 7,
      tokensPerMinute: undefined,
      concurrency: undefined,
      tokensPerMonth: 0,
    });
  });

  it('is the same for a request however often it is asked, even when the key ends meanwhile', () => {
    const record: { -readonly [Field in keyof KeyRecord]: KeyRecord[Field] } = recordOf(id, text);
    const [service] = access([record]);
    const req = requestWith(text);
    const caller = service.enter(req, VISIT);
    record.revokedAt = 1;
    expect(service.callerOf(req)).toBe(caller);
    expect(() => service.enter(requestWith(text), VISIT)).toThrow(/revoked/);
  });

  it.each<[Refusal, KeyRecord, string | undefined]>([
    ['missing', recordOf(id, text), undefined],
    ['unknown', recordOf(id, text), newKeyText(id)],
    ['unknown', recordOf(id, text), newKeyText(newKeyId())],
    ['replaced', recordOf(id, 'other', { previous: { hash: hashKey(text), until: 1 } }), text],
    ['expired', recordOf(id, text, { expiresAt: 1 }), text],
    ['revoked', recordOf(id, text, { revokedAt: 1, expiresAt: 1 }), text],
  ])('is refused as %s, and that is counted', (why, record, key) => {
    const [service, refusals] = access([record]);
    expect(() => service.enter(requestWith(key), VISIT)).toThrow(expect.objectContaining({ status: 401 }));
    expect(refusals).toEqual([why]);
  });

  it('is traced by the id of a key that was good once, also beside a dummy; never by an id that is only claimed', () => {
    const traceOf = (record: KeyRecord, headers: Record<string, string>): unknown => {
      const req = { headers, socket: {} } as unknown as IncomingMessage;
      try {
        access([record])[0].enter(req, VISIT);
      } catch (error) {
        return (error as ApiError).trace;
      }
      throw new Error('It was let in.');
    };
    const revoked = recordOf(id, text, { revokedAt: 1 });
    expect(traceOf(revoked, { 'x-api-key': text })).toEqual({ reason: 'revoked', key: id });
    expect(traceOf(revoked, { 'x-api-key': text, authorization: 'Bearer dummy' })).toEqual({
      reason: 'revoked',
      key: id,
    });
    expect(traceOf(revoked, { 'x-api-key': newKeyText(id) })).toEqual({ reason: 'unknown' });
    expect(traceOf(revoked, {})).toEqual({ reason: 'missing' });
  });

  it.each([
    ['2001:db8::1', '2001:db8::ffff', '2001:db8::/64'],
    ['::ffff:192.0.2.7', '192.0.2.7', '192.0.2.7'],
  ])('is one caller at %s and at %s', (one, other, caller) => {
    const idAt = (remoteAddress: string): string =>
      access([])[0].enter({ headers: {}, socket: { remoteAddress } } as unknown as IncomingMessage, VISIT).id;
    expect([idAt(one), idAt(other)]).toEqual([caller, caller]);
  });

  it('cannot be told before the store was read, but by the bootstrap key', () => {
    const bootstrap = 'bootstrap-key-0123456789-abc';
    const [service, refusals] = access([], false, bootstrap);
    expect(service.enter(requestWith(bootstrap), VISIT)).toMatchObject({ id: 'admin-key', role: 'admin' });
    expect(() => service.enter(requestWith(text), VISIT)).toThrow(expect.objectContaining({ status: 503 }));
    expect(() => access([], false)[0].enter(requestWith(), VISIT)).toThrow(expect.objectContaining({ status: 503 }));
    expect(refusals).toEqual(['not_known_yet']);
  });

  it('must have the role admin to manage', () => {
    const [service] = access([recordOf(id, text)]);
    const req = requestWith(text);
    service.enter(req, VISIT);
    expect(() => service.requireAdmin(req)).toThrow(expect.objectContaining({ status: 403 }));
  });

  it('is a guest where no key is needed, and may use nothing', () => {
    const [service] = access([recordOf(id, text)]);
    const guest = service.enter(requestWith(), { method: 'GET', path: '/' });
    expect(guest).toMatchObject({ role: 'inference', models: [], tiers: [] });
  });
});

describe('a key', () => {
  it('has 256 random bits and its id, and is stored as a hash', () => {
    const texts = new Set(Array.from({ length: 100 }, () => newKeyText('abcdefghi2')));
    expect(texts.size).toBe(100);
    for (const text of texts) expect(text).toMatch(/^lla_abcdefghi2_[A-Za-z0-9_-]{43}$/);
    expect(hashKey('x')).toHaveLength(32);
    expect(newKeyId()).toMatch(/^[a-z2-7]{10}$/);
  });
});
