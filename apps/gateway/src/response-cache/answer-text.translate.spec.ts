import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { idPrefix, underHead } from './answer-text.translate.js';

const OLD = { id: 'chatcmpl-1', created: 1000, model: 'gemma3' };
const NEXT = { id: 'chatcmpl-$&', created: 2000, model: "big$'" };

/** Texts that look like the frame of an answer. */
const tricky = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '"id":"chatcmpl-1"',
    '{"id":"chatcmpl-1","created":1000}',
    '"model":"gemma3"',
    '\\"id\\":"chatcmpl-1"',
  ),
);

describe('an answer under another head', () => {
  it('has that head, and else not a letter that differs', () => {
    fc.assert(
      fc.property(tricky, tricky, (content, more) => {
        const rest = { choices: [{ message: { content, arguments: JSON.stringify({ [more]: content }) } }] };
        const moved = underHead(JSON.stringify({ ...OLD, ...rest }), OLD, NEXT);
        expect(JSON.parse(moved)).toEqual({ ...NEXT, ...rest });
      }),
    );
  });

  it('keeps what the next head does not have', () => {
    const text = JSON.stringify(OLD);
    expect(underHead(text, OLD, { id: 'a' })).toBe(text.replace('chatcmpl-1', 'a'));
    expect(underHead(text, {}, NEXT)).toBe(text);
  });

  it('has an id of the same kind', () => {
    expect(['chatcmpl-1', 'cmpl-a-b', 'x'].map(idPrefix)).toEqual(['chatcmpl-', 'cmpl-', '']);
  });
});
