import { describe, expect, it } from '@jest/globals';
import { formatAge } from './format';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

describe('how long ago something was', () => {
  it.each([
    [-5 * MINUTE, 'this minute'],
    [0, 'this minute'],
    [59_999, 'this minute'],
    [5 * MINUTE, '5 minutes ago'],
    [119 * MINUTE, '1 hour ago'],
    [23 * 60 * MINUTE, '23 hours ago'],
    [DAY, 'yesterday'],
    [29 * DAY, '29 days ago'],
    [95 * DAY, '3 months ago'],
    [800 * DAY, '2 years ago'],
  ])('%d ms is %s', (milliseconds, text) => {
    expect(formatAge(milliseconds, 'en')).toBe(text);
  });

  it('is said in Spanish too', () => {
    expect([formatAge(0, 'es'), formatAge(5 * MINUTE, 'es')]).toEqual(['este minuto', 'hace 5 minutos']);
  });
});
