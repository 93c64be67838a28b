import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { WaitPlace } from '../scheduler/wait.estimate.js';
import { READING_COMMENT, waitComment } from './wait-comment.translate.js';

const KEY = 'ollama/hf.co/team/qwen3:30b';
const NAME = 'hf.co/team/qwen3:30b';

/** The expression that the page for operators gives to those who read the comments. */
function documented(): RegExp {
  const page = readFileSync(new URL('../../../../docs/admin.md', import.meta.url), 'utf8');
  const [, source] = /^```regex\n(.+)\n```$/m.exec(page) ?? [];
  if (source === undefined) throw new Error('docs/admin.md has no expression.');
  return new RegExp(source);
}

describe('the comment of a stream that waits', () => {
  it.each<[WaitPlace, string]>([
    [{ key: KEY, position: 1, model: 'ready', loadMs: 0 }, `: waiting, 1st in the queue of ${NAME}`],
    [
      { key: KEY, position: 3, model: 'loading', loadMs: 19_600 },
      `: waiting, 3rd in the queue of ${NAME}; loading, about 20 s left`,
    ],
    [
      { key: KEY, position: 2, model: 'loading', loadMs: -1 },
      `: waiting, 2nd in the queue of ${NAME}; loading, longer than usual`,
    ],
    [
      { key: KEY, position: 11, model: 'absent', loadMs: 100 },
      `: waiting, 11th in the queue of ${NAME}; to be loaded, about 1 s`,
    ],
  ])('tells %j', (place, comment) => {
    expect(waitComment(place)).toBe(`${comment}\n\n`);
  });

  it.each([
    [1, '1st'],
    [4, '4th'],
    [12, '12th'],
    [13, '13th'],
    [21, '21st'],
    [102, '102nd'],
    [111, '111th'],
    [1003, '1003rd'],
  ])('counts %i as %s', (position, ordinal) => {
    expect(waitComment({ key: KEY, position, model: 'ready', loadMs: 0 })).toContain(` ${ordinal} in`);
  });

  it('is one line, whatever the file of the model is called', () => {
    const comment = waitComment({ key: 'embedded/a\r\ndata: b', position: 1, model: 'ready', loadMs: 0 });
    expect(comment).toBe(': waiting, 1st in the queue of a  data: b\n\n');
  });

  it('says nothing more where nothing is known', () => {
    expect(waitComment(undefined)).toBe(': waiting\n\n');
  });

  it('is read by the documented expression', () => {
    const groups = (place: WaitPlace | undefined): unknown => documented().exec(waitComment(place).trim())?.groups;
    const at = { key: KEY, position: 42 };
    expect(groups({ ...at, model: 'ready', loadMs: 0 })).toEqual({ position: '42', model: NAME });
    expect(groups({ ...at, model: 'loading', loadMs: 20_000 })).toEqual({
      position: '42',
      model: NAME,
      load: 'loading',
      seconds: '20',
    });
    expect(groups({ ...at, model: 'loading', loadMs: 0 })).toEqual({ position: '42', model: NAME, load: 'loading' });
    expect(groups({ ...at, model: 'absent', loadMs: 20_000 })).toEqual({
      position: '42',
      model: NAME,
      load: 'to be loaded',
      seconds: '20',
    });
    expect(groups(undefined)).toBeUndefined();
    expect(documented().test(READING_COMMENT.trim())).toBe(false);
  });
});
