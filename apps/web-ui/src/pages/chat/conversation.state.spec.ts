import { describe, expect, it } from '@jest/globals';
import { newAnswer } from './answer.state';
import type { Conversation } from './chat.types';
import {
  asFound,
  cutBefore,
  newConversation,
  search,
  titleOf,
  turnsBefore,
  withAnswer,
  withQuestion,
} from './conversation.state';
import { FIRST_SETTINGS } from './settings.policy';

function asked(id: string, text: string, now = 1): Conversation {
  const question = { role: 'user' as const, id: `${id}q`, text, images: [] };
  return withQuestion(
    newConversation(id, FIRST_SETTINGS, 0),
    { question, answer: newAnswer(`${id}a`, FIRST_SETTINGS) },
    now,
  );
}

describe('a conversation', () => {
  it('is called by its first question, on one line and not too long', () => {
    expect(asked('c', ' What is\n the capital? ').title).toBe('What is the capital?');
    expect(titleOf('x'.repeat(100))).toHaveLength(60);
  });

  it('keeps its title when more is asked', () => {
    const question = { role: 'user' as const, id: 'q2', text: 'And?', images: [] };
    const more = withQuestion(asked('c', 'One?'), { question, answer: newAnswer('a2', FIRST_SETTINGS) }, 5);
    expect([more.title, more.updatedAt, more.turns.length]).toEqual(['One?', 5, 4]);
  });

  it('can be cut off before a turn', () => {
    const one = asked('c', 'One?');
    expect(turnsBefore(one, 'ca').map(({ id }) => id)).toEqual(['cq']);
    expect(cutBefore(one, 'cq').turns).toEqual([]);
    expect(cutBefore(one, 'other').turns).toHaveLength(2);
  });

  it('takes an answer in its place', () => {
    const answer = { ...newAnswer('ca', FIRST_SETTINGS), text: 'Yes' };
    expect(withAnswer(asked('c', 'One?'), answer).turns[1]).toBe(answer);
  });

  it('was interrupted when nobody writes its answer any more', () => {
    expect(asFound(asked('c', 'One?')).turns[1]).toMatchObject({ state: 'interrupted' });
    const left = { ...newAnswer('ca', FIRST_SETTINGS), text: 'Ye' };
    expect(asFound(asked('c', 'One?'), [left]).turns[1]).toMatchObject({ state: 'interrupted', text: 'Ye' });
    const done = withAnswer(asked('c', 'One?'), { ...newAnswer('ca', FIRST_SETTINGS), state: 'done' });
    expect(asFound(done)).toBe(done);
  });

  it('is found by words of its title and its turns, newest first', () => {
    const all = [asked('a', 'Capital of France?', 1), asked('b', 'Capital of Spain?', 2), asked('c', 'Colours', 3)];
    const ids = (words: string): string[] => search(all, words).map(({ id }) => id);
    expect(ids('')).toEqual(['c', 'b', 'a']);
    expect(ids('CAPITAL of')).toEqual(['b', 'a']);
    expect(ids('spain capital')).toEqual(['b']);
    expect(ids('nowhere')).toEqual([]);
  });
});
