import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EventTextState } from './event-text.state.js';

/** Texts as they stand in events: no line ends, those of JSON are escaped. */
const line = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => JSON.stringify({ text }));
const block = fc.oneof(
  line.map((text) => `data: ${text}\n\n`),
  line.map((text) => `: ${text}\n\n`),
);

describe('the texts of events', () => {
  it('are the same however the bytes come, and comments are told apart', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 8 }), fc.array(fc.nat(200), { maxLength: 12 }), (blocks, cuts) => {
        const bytes = Buffer.from(blocks.join(''));
        const places = [...new Set(cuts.filter((cut) => cut < bytes.length))].sort((a, b) => a - b);
        const state = new EventTextState();
        const events: string[] = [];
        const comments: string[] = [];
        for (const [index, from] of [0, ...places].entries()) {
          const texts = state.push(bytes.subarray(from, places[index] ?? bytes.length));
          events.push(...texts.events);
          comments.push(...texts.comments);
        }
        expect(events).toEqual(blocks.filter((text) => !text.startsWith(':')));
        expect(comments).toEqual(blocks.filter((text) => text.startsWith(':')));
        expect(state.unfinished).toBe('');
      }),
    );
  });

  it('leave over what is not whole', () => {
    const state = new EventTextState();
    expect(state.push(Buffer.from('data: 1\n\ndata: 2\n'))).toEqual({ events: ['data: 1\n\n'], comments: [] });
    expect(state.unfinished).toBe('data: 2\n');
  });
});
