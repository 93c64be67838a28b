import { describe, expect, it } from '@jest/globals';
import type { ApiKey } from '@local-llm-agent/contracts';
import { parseCreateApiKey, parseUpdateApiKey } from '@local-llm-agent/contracts';
import { endProblem, limitProblem, modelsProblem, nameProblem, type KeyFormValues } from './key-form.policy';
import {
  EMPTY_FORM,
  fieldOfParam,
  toCreateRequest,
  toFormValues,
  toLocalTime,
  toUpdateRequest,
} from './key-form.translate';

/** Whether the gateway takes the body. */
function gatewayTakes(body: object): boolean {
  try {
    parseCreateApiKey({ name: 'n', ...body });
    return true;
  } catch {
    return false;
  }
}

const FULL: KeyFormValues = {
  name: 'nightly',
  role: 'admin',
  models: ['gemma3'],
  tiers: ['small'],
  requestsPerMinute: 20,
  tokensPerMinute: 0,
  concurrency: 2,
  tokensPerMonth: 5_000_000,
  expiresAt: '2099-01-01T10:30',
};

describe('the checks of the form', () => {
  it.each(['ada', 'Ünï', '', '  ', 'x'.repeat(100), 'x'.repeat(101), 'two\nlines', 'a\u202Eb'])(
    'take and refuse the name %j as the gateway does',
    (name) => {
      expect(nameProblem(name) === null).toBe(gatewayTakes({ name }));
    },
  );

  it.each([[['gemma3']], [['']], [['x'.repeat(256)]], [['x'.repeat(257)]], [Array<string>(201).fill('m')]])(
    'take and refuse models as the gateway does (%#)',
    (models) => {
      expect(modelsProblem(models) === null).toBe(gatewayTakes({ models }));
    },
  );

  it.each([0, 1, 2 ** 53 - 1, 2 ** 53, -1, 1.5])('take and refuse the limit %d as the gateway does', (limit) => {
    expect(limitProblem(limit) === null).toBe(gatewayTakes({ concurrency: limit }));
  });

  it('leave an empty limit and an empty end to the gateway', () => {
    expect([limitProblem(''), endProblem('', 0)]).toEqual([null, null]);
  });

  it('refuse an end that is over', () => {
    const now = Date.parse('2026-01-01T00:00');
    expect([endProblem('2026-01-01T00:00', now), endProblem('2026-01-01T00:01', now)]).toEqual(['past', null]);
  });
});

describe('the body of a form', () => {
  it('has only what was filled in', () => {
    expect(toCreateRequest({ ...EMPTY_FORM, name: 'ada' })).toEqual({ name: 'ada', role: 'inference' });
  });

  it('has all of a full form, and the gateway takes it', () => {
    const body = toCreateRequest(FULL);
    expect(body).toEqual({ ...FULL, expiresAt: new Date('2099-01-01T10:30').toISOString() });
    expect(() => parseCreateApiKey({ ...body })).not.toThrow();
  });

  it('of a change has only what is another than before; null takes a term away', () => {
    const after = { ...FULL, models: [], tokensPerMinute: '', expiresAt: '', concurrency: 0 } as const;
    const body = toUpdateRequest(FULL, { ...after, models: [] });
    expect(body).toEqual({ models: null, tokensPerMinute: null, expiresAt: null, concurrency: 0 });
    expect(() => parseUpdateApiKey({ ...body })).not.toThrow();
    expect(toUpdateRequest(FULL, { ...FULL })).toEqual({});
  });

  it('is what a key of its terms is shown with', () => {
    const expiresAt = new Date('2099-01-01T10:30').toISOString();
    const key = { ...toCreateRequest(FULL), expiresAt } as unknown as ApiKey;
    expect(toFormValues(key)).toEqual(FULL);
  });

  it('has times to the minute, in the time of the browser', () => {
    expect(toLocalTime(new Date(2026, 0, 5, 7, 8, 59))).toBe('2026-01-05T07:08');
  });
});

describe('the field of an error', () => {
  it.each([
    ['name', 'name'],
    ['models[2]', 'models'],
    ['id', undefined],
    ['toString', undefined],
    [undefined, undefined],
  ])('of the parameter %s is %s', (param, field) => {
    expect(fieldOfParam(param)).toBe(field);
  });
});
