import { describe, expect, it } from '@jest/globals';
import type { EngineModel } from '@local-llm-agent/contracts';
import { toModelList, toModelObject } from './models.translate.js';

const MODEL: EngineModel = {
  id: 'gpt-oss-20b',
  created: 1_706_000_000,
  ownedBy: 'ollama',
  servedBy: 'gpt-oss:20b',
  contextLength: 8192,
};

describe('models in the shape of OpenAI', () => {
  it('have its four fields and no other', () => {
    expect(toModelObject(MODEL)).toEqual({
      id: 'gpt-oss-20b',
      object: 'model',
      created: 1_706_000_000,
      owned_by: 'ollama',
    });
  });

  it('are listed in the order of the engine', () => {
    expect(toModelList([MODEL, { ...MODEL, id: 'b' }])).toEqual({
      object: 'list',
      data: [toModelObject(MODEL), toModelObject({ ...MODEL, id: 'b' })],
    });
    expect(toModelList([])).toEqual({ object: 'list', data: [] });
  });
});
