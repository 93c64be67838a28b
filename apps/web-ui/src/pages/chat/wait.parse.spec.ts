import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseWait } from './wait.parse';

describe('the comment of a stream that waits', () => {
  it.each([
    ['waiting, 3rd in the queue of qwen3:30b', { phase: 'queued', position: 3, model: 'qwen3:30b' }],
    [
      'waiting, 3rd in the queue of qwen3:30b; loading, about 20 s left',
      { phase: 'queued', position: 3, model: 'qwen3:30b', load: 'loading', seconds: 20 },
    ],
    [
      'waiting, 1st in the queue of qwen3:30b; loading, longer than usual',
      { phase: 'queued', position: 1, model: 'qwen3:30b', load: 'loading' },
    ],
    [
      'waiting, 2nd in the queue of qwen3:30b; to be loaded, about 20 s',
      { phase: 'queued', position: 2, model: 'qwen3:30b', load: 'to be loaded', seconds: 20 },
    ],
    ['waiting, the model reads the prompt', { phase: 'reading' }],
    ['waiting', { phase: 'waiting' }],
  ])('%s', (comment, waiting) => {
    expect(parseWait(comment)).toEqual(waiting);
  });

  it('may be about something else', () => {
    expect(parseWait('heartbeat')).toBeUndefined();
  });

  it('is read in each form that the documents show', () => {
    const page = readFileSync(new URL('../../../../../docs/admin.md', import.meta.url), 'utf8');
    const shown = [...page.matchAll(/^: (waiting, .+)$/gm)].map(([, comment]) => comment ?? '');
    expect(shown.length).toBeGreaterThanOrEqual(5);
    expect(shown.map(parseWait)).not.toContain(undefined);
  });
});
