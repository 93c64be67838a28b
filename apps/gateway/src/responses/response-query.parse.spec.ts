import { describe, expect, it } from '@jest/globals';
import type { ResponseItem } from '@local-llm-agent/contracts';
import { checkResponseQuery, parsePageTerms, toItemPage } from './response-query.parse.js';

const ITEMS = ['a', 'b', 'c'].map((id): ResponseItem => ({ id, type: 'reasoning', summary: [] }));

describe('the query of a list of items', () => {
  it('has the defaults of OpenAI', () => {
    expect(parsePageTerms({})).toEqual({ limit: 20, newestFirst: true, after: undefined });
  });

  it.each<[Record<string, unknown>, string]>([
    [{ limit: '0' }, 'limit'],
    [{ limit: '101' }, 'limit'],
    [{ limit: 'x' }, 'limit'],
    [{ limit: ['1'] }, 'limit'],
    [{ order: 'up' }, 'order'],
    [{ after: ['a'] }, 'after'],
    [{ 'include[]': 'file_search_call.results' }, 'include[0]'],
    [{ include: ['message.output_text.logprobs', 'x'] }, 'include[1]'],
  ])('refuses %j', (query, param) => {
    expect(() => parsePageTerms(query)).toThrow(expect.objectContaining({ param }));
  });

  it('goes through the items in both directions', () => {
    expect(toItemPage(ITEMS, parsePageTerms({ limit: '2' }))).toEqual({
      object: 'list',
      data: [ITEMS[2], ITEMS[1]],
      first_id: 'c',
      last_id: 'b',
      has_more: true,
    });
    expect(toItemPage(ITEMS, parsePageTerms({ limit: '2', order: 'asc', after: 'b' }))).toMatchObject({
      data: [ITEMS[2]],
      has_more: false,
    });
    expect(toItemPage(ITEMS, parsePageTerms({ order: 'asc', after: 'c' }))).toMatchObject({ data: [], first_id: null });
    expect(() => toItemPage(ITEMS, parsePageTerms({ after: 'z' }))).toThrow(
      expect.objectContaining({ param: 'after' }),
    );
  });

  it('of one response takes no stream', () => {
    expect(() => {
      checkResponseQuery({ stream: 'true' });
    }).toThrow(expect.objectContaining({ param: 'stream' }));
    checkResponseQuery({ stream: 'false', 'include[0]': 'message.output_text.logprobs' });
  });
});
