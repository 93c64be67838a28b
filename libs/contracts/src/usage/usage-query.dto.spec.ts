import { describe, expect, it } from '@jest/globals';
import { parseRequestsQuery, parseUsageQuery } from './usage-query.dto.js';

const TODAY = '2026-03-01';

describe('the query of usage', () => {
  it('is about the last 30 days by day unless it says so', () => {
    expect(parseUsageQuery({}, TODAY)).toEqual({ from: '2026-01-31', to: TODAY, groupBy: ['day'], format: 'json' });
    expect(parseUsageQuery({ to: '2026-01-30' }, TODAY)).toMatchObject({ from: '2026-01-01', to: '2026-01-30' });
  });

  it('takes days, several groups in their order, and a format', () => {
    const query = { from: '2026-01-01', to: '2026-01-31', groupBy: 'key,model,day,tier,endpoint', format: 'csv' };
    expect(parseUsageQuery(query, TODAY)).toEqual({ ...query, groupBy: ['key', 'model', 'day', 'tier', 'endpoint'] });
  });

  it.each([
    [{ from: '2026-1-1' }, 'from', 'from must be a day such as 2026-01-20.'],
    [{ from: '2026-02-30' }, 'from', 'from must be a day such as 2026-01-20.'],
    [{ to: ['2026-01-01', '2026-01-02'] }, 'to', 'to must be a day such as 2026-01-20.'],
    [{ to: '' }, 'to', 'to must be a day such as 2026-01-20.'],
    [{ from: '2026-03-02' }, 'from', 'from must not be after to, which is 2026-03-01.'],
    [{ groupBy: 'day,user' }, 'groupBy', 'groupBy must be one or more of key, model, day, tier, endpoint'],
    [{ groupBy: 'day,day' }, 'groupBy', 'separated by commas, each once'],
    [{ groupBy: '' }, 'groupBy', 'groupBy must be one or more of'],
    [{ groupBy: { day: '1' } }, 'groupBy', 'groupBy must be one or more of'],
    [{ format: 'xlsx' }, 'format', 'format must be one of json, csv.'],
    [{ group_by: 'day' }, 'group_by', 'group_by is not a parameter. There are from, to, groupBy, format.'],
    [{ constructor: 'x' }, 'constructor', 'constructor is not a parameter.'],
  ])('refuses %j', (query, param, message) => {
    expect(() => parseUsageQuery(query, TODAY)).toThrow(expect.objectContaining({ status: 400, param }));
    expect(() => parseUsageQuery(query, TODAY)).toThrow(message);
  });
});

describe('the query of requests', () => {
  it('is about the last 100 unless it says so', () => {
    const nothing = { key: undefined, model: undefined, tier: undefined, outcome: undefined };
    expect(parseRequestsQuery({})).toEqual({ ...nothing, limit: 100 });
  });

  it('takes a number and filters', () => {
    const query = { key: 'k1', model: 'gemma3', tier: 'main', outcome: 'failed' };
    expect(parseRequestsQuery({ ...query, limit: '1000' })).toEqual({ ...query, limit: 1000 });
  });

  it.each([
    [{ limit: '0' }, 'limit', 'limit must be a whole number from 1 to 1000.'],
    [{ limit: '1001' }, 'limit', 'limit must be a whole number from 1 to 1000.'],
    [{ limit: '1e2' }, 'limit', 'limit must be a whole number from 1 to 1000.'],
    [{ limit: ['1', '2'] }, 'limit', 'limit must be a whole number from 1 to 1000.'],
    [{ key: ['a', 'b'] }, 'key', 'key must be given once, as a text of at most 300 characters.'],
    [{ model: 'x'.repeat(301) }, 'model', 'model must be given once, as a text of at most 300 characters.'],
    [{ model: 'a\0b' }, 'model', 'model must be given once, as a text of at most 300 characters.'],
    [{ tier: 'huge' }, 'tier', 'tier must be one of small, main.'],
    [{ outcome: 'bad' }, 'outcome', 'outcome must be one of ok, failed, client_left, invalid_request'],
    [{ caller: 'k1' }, 'caller', 'caller is not a parameter. There are limit, key, model, tier, outcome.'],
  ])('refuses %j', (query, param, message) => {
    expect(() => parseRequestsQuery(query)).toThrow(expect.objectContaining({ status: 400, param }));
    expect(() => parseRequestsQuery(query)).toThrow(message);
  });
});
