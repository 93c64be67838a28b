import { describe, expect, it } from '@jest/globals';
import type { ChatCompletionChunk } from '@local-llm-agent/contracts';
import { hasBegun, newAnswer, shownFigures, withChunk, withEnd, withHead, withWaiting } from './answer.state';
import type { Answer } from './chat.types';
import { FIRST_SETTINGS } from './settings.policy';

function chunk(delta: object, fields: object = {}): ChatCompletionChunk {
  const choices = [{ index: 0, delta, finish_reason: null }];
  return {
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'smollm2',
    choices,
    ...fields,
  };
}

const ASKED = newAnswer('a', FIRST_SETTINGS);

function after(...chunks: readonly [ChatCompletionChunk, number][]): Answer {
  return chunks.reduce((answer, [each, at]) => withChunk(answer, each, at), ASKED);
}

describe('an answer that streams', () => {
  it('grows by text and by thoughts, and knows who answers', () => {
    const answer = after(
      [chunk({ role: 'assistant', content: '' }), 90],
      [chunk({ reasoning_content: 'Hm' }), 100],
      [chunk({ content: 'Pa' }), 200],
      [chunk({ content: 'ris' }), 300],
    );
    expect(answer).toMatchObject({ text: 'Paris', reasoning: 'Hm', served: { model: 'smollm2' } });
    expect(answer.figures).toEqual({ pieces: 3, firstTokenMs: 100, lastTokenMs: 300 });
  });

  it('has not begun while only its head has come', () => {
    const head = withHead(withWaiting(ASKED, { phase: 'reading' }), {
      tier: 'small',
      fallbackFrom: undefined,
      requestId: 'r',
    });
    expect(hasBegun(withChunk(head, chunk({ content: '' }), 5))).toBe(false);
    expect(withChunk(head, chunk({ content: 'x' }), 5).served).toMatchObject({ tier: 'small', model: 'smollm2' });
  });

  it('keeps why it ended', () => {
    const choices = [{ index: 0, delta: {}, finish_reason: 'length' }];
    expect(withChunk(ASKED, chunk({}, { choices }), 1).finish).toBe('length');
    const failure = { code: 'cut', message: 'm', status: 0, at: 1 };
    expect(withEnd(after([chunk({ content: 'Pa' }), 1]), 'failed', failure)).toMatchObject({
      text: 'Pa',
      state: 'failed',
      failure,
    });
  });
});

describe('the figures of an answer', () => {
  it('are those of the runtime where it tells', () => {
    const usage = { prompt_tokens: 9, completion_tokens: 11, total_tokens: 20 };
    const timings = { total_ms: 2100, load_ms: 0, prompt_ms: 100, predicted_ms: 2000 };
    const answer = after([chunk({ content: 'a' }), 100], [chunk({}, { choices: [], usage, timings }), 500]);
    expect(shownFigures(answer)).toEqual({ firstTokenMs: 100, tokens: 11, tokensPerSecond: 5, exact: true });
  });

  it('are about those that were seen where the answer did not come to its end', () => {
    const answer = after(
      [chunk({ content: 'a' }), 100],
      [chunk({ content: 'b' }), 350],
      [chunk({ content: 'c' }), 600],
    );
    expect(shownFigures(answer)).toEqual({ firstTokenMs: 100, tokens: 3, tokensPerSecond: 4, exact: false });
  });

  it('are none of an answer of which nothing came', () => {
    expect(shownFigures(ASKED)).toEqual({ firstTokenMs: undefined, exact: false });
  });

  it('have no speed for a single token', () => {
    expect(shownFigures(after([chunk({ content: 'a' }), 100]))).not.toHaveProperty('tokensPerSecond');
  });
});
