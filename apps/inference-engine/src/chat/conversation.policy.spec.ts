import { describe, expect, it } from '@jest/globals';
import { beginningOf } from './conversation.policy.js';

const SYSTEM = { role: 'system', content: 'Be kind.' };
const HELLO = { role: 'user', content: 'Hello' };

describe('the beginning of a conversation', () => {
  it('is the same for each of its turns', () => {
    const later = [SYSTEM, HELLO, { role: 'assistant', content: 'Hi' }, { role: 'user', content: 'And now?' }];
    expect(beginningOf(later)).toBe(beginningOf([SYSTEM, HELLO]));
  });

  it('tells conversations apart by what the user asked first and by the instructions', () => {
    expect(beginningOf([SYSTEM, { ...HELLO, content: 'Bye' }])).not.toBe(beginningOf([SYSTEM, HELLO]));
    expect(beginningOf([HELLO])).not.toBe(beginningOf([SYSTEM, HELLO]));
  });

  it('takes contents of parts, and none at all', () => {
    expect(beginningOf([{ role: 'user', content: [{ type: 'text', text: 'a' }] }])).toContain('"a"');
    expect(beginningOf([{ role: 'assistant' }])).toBe('');
  });
});
