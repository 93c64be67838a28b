import { describe, expect, it } from '@jest/globals';
import { newAnswer } from './answer.state';
import type { Answer, Question } from './chat.types';
import { toChatBody } from './request.translate';
import { FIRST_SETTINGS } from './settings.policy';

function question(text: string, images: readonly string[] = []): Question {
  return { role: 'user', id: text, text, images };
}

function answer(text: string): Answer {
  return { ...newAnswer(`to ${text}`, FIRST_SETTINGS), text };
}

describe('what is sent for an answer', () => {
  it('is all that was said, with nothing that was not set', () => {
    expect(toChatBody([question('One'), answer('1'), question('Two')], FIRST_SETTINGS)).toEqual({
      model: 'auto',
      messages: [
        { role: 'user', content: 'One' },
        { role: 'assistant', content: '1' },
        { role: 'user', content: 'Two' },
      ],
      stream: true,
      stream_options: { include_usage: true },
      include_timings: true,
    });
  });

  it('has the settings under the names of the API', () => {
    const settings = {
      ...FIRST_SETTINGS,
      system: ' Be brief. ',
      temperature: 0,
      topP: 0.5,
      maxTokens: 5,
      seed: 0,
      stop: ['END'],
      effort: 'low' as const,
      form: 'json_schema' as const,
      schema: '{"type":"object"}',
    };
    expect(toChatBody([question('One')], settings)).toMatchObject({
      messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user' }],
      temperature: 0,
      top_p: 0.5,
      max_tokens: 5,
      seed: 0,
      stop: ['END'],
      reasoning_effort: 'low',
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', schema: { type: 'object' }, strict: true },
      },
    });
  });

  it('puts questions that nobody answered together, so that the roles take turns', () => {
    const { messages } = toChatBody([question('One', ['data:a']), answer(''), question('Two')], FIRST_SETTINGS);
    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'data:a' } },
          { type: 'text', text: 'One\n\nTwo' },
        ],
      },
    ]);
  });

  it('may be images alone', () => {
    expect(toChatBody([question('', ['data:a'])], FIRST_SETTINGS).messages).toEqual([
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:a' } }] },
    ]);
  });
});
