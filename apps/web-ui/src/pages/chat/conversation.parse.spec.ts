import { describe, expect, it } from '@jest/globals';
import { newAnswer } from './answer.state';
import type { Conversation } from './chat.types';
import { parseExport, toExport, type Imported } from './conversation.parse';
import { FIRST_SETTINGS } from './settings.policy';

const IMAGE = 'data:image/png;base64,iVBORw0KGgo=';

function conversation(fields: Partial<Conversation> = {}): Conversation {
  const answer = { ...newAnswer('a1', FIRST_SETTINGS), text: 'Paris', state: 'done' as const };
  return {
    id: 'c1',
    title: 'Capitals',
    createdAt: 1,
    updatedAt: 2,
    settings: { ...FIRST_SETTINGS, temperature: 0.5, stop: ['END'] },
    turns: [{ role: 'user', id: 'q1', text: 'Capital?', images: [IMAGE] }, answer],
    ...fields,
  };
}

function read(text: string): Imported {
  let count = 0;
  return parseExport(text, () => `new${(count += 1)}`);
}

function readOne(turns: readonly unknown[], fields: object = {}): Imported {
  return read(toExport([conversation({ turns, ...fields } as Partial<Conversation>)]));
}

describe('a file of conversations', () => {
  it('gives back what was exported, with ids of its own for the turns', () => {
    const imported = read(toExport([conversation()]));
    expect(imported).toMatchObject({ broken: [], conversations: [{ id: 'c1', title: 'Capitals', updatedAt: 2 }] });
    const [found] = 'conversations' in imported ? imported.conversations : [];
    expect(found?.settings).toMatchObject({ temperature: 0.5, stop: ['END'], model: 'auto' });
    expect(found?.turns).toMatchObject([
      { id: 'new1', text: 'Capital?', images: [IMAGE] },
      { id: 'new2', text: 'Paris', state: 'done' },
    ]);
  });

  it.each([
    ['no JSON', 'not_json'],
    ['[]', 'not_ours'],
    ['{"kind":"other","conversations":[]}', 'not_ours'],
    ['{"kind":"local-llm-agent-conversations","version":1}', 'not_ours'],
    ['{"kind":"local-llm-agent-conversations","version":2,"conversations":[]}', 'newer'],
  ])('is not %s', (text, problem) => {
    expect(read(text)).toEqual({ problem });
  });

  it('may hold no more than a page can show', () => {
    const text = JSON.stringify({
      kind: 'local-llm-agent-conversations',
      version: 1,
      conversations: Array.from({ length: 10_001 }, () => 0),
    });
    expect(read(text)).toEqual({ problem: 'too_many' });
  });

  it.each<[string, unknown]>([
    ['no turn', 7],
    ['a turn of nobody', { role: 'system', text: 'x' }],
    ['a question without text', { role: 'user', images: [] }],
    ['an empty question', { role: 'user', text: '', images: [] }],
    ['an image from the network', { role: 'user', text: 'x', images: ['https://example.com/a.png'] }],
    ['an image that is a page', { role: 'user', text: 'x', images: ['data:image/svg+xml;base64,AAAA'] }],
    ['an answer that is no text', { role: 'assistant', text: { toString: 1 } }],
  ])('leaves out a conversation with %s, and says which', (_what, turn) => {
    expect(readOne([turn])).toEqual({ conversations: [], broken: [1] });
  });

  it.each([{ title: 7 }, { createdAt: 'x' }, { updatedAt: -1 }, { turns: {} }, { title: 'x'.repeat(201) }])(
    'leaves out a conversation with %j',
    (fields) => {
      expect(readOne([], fields)).toEqual({ conversations: [], broken: [1] });
    },
  );

  it('takes settings only as far as the gateway would', () => {
    const settings = {
      model: 7,
      tier: 'huge',
      temperature: 9,
      stop: ['a', '', 3],
      effort: 'much',
      form: 'xml',
      schema: 1,
    };
    const imported = readOne([], { settings });
    const [found] = 'conversations' in imported ? imported.conversations : [];
    expect(found?.settings).toEqual({ ...FIRST_SETTINGS, stop: ['a'] });
  });

  it('has no answer that is still being written', () => {
    const imported = readOne([{ role: 'assistant', text: 'Par', state: 'running' }]);
    expect(imported).toMatchObject({ conversations: [{ turns: [{ state: 'interrupted' }] }] });
  });
});
