import { describe, expect, it } from '@jest/globals';
import { internalError, invalidRequest, modelNotFound } from '@local-llm-agent/contracts';
import { collectSse } from '@local-llm-agent/testing';
import { errorBody, errorEvent } from './error.translate.js';

const OURS = {
  error: { code: 'invalid_request', message: 'model must be a string.', type: 'invalid_request_error', param: 'model' },
};

describe('an error as a body', () => {
  const error = invalidRequest('model must be a string.', { param: 'model' });

  it.each(['/v1/chat/completions', '/v1/models', '/metrics', '/healthy', '/chats', '/v1/chat'])(
    'has the shape of OpenAI on %s',
    (path) => {
      expect(JSON.parse(errorBody(error, path))).toEqual(OURS);
    },
  );

  it.each(['/', '/health', '/models', '/chat', '/chat/gemma3'])('has a detail as well on %s', (path) => {
    expect(JSON.parse(errorBody(error, path))).toEqual({ ...OURS, detail: 'model must be a string.' });
  });

  it('says null where no parameter is to blame, and never the cause', () => {
    const body = errorBody(internalError(new Error('secret')), '/v1/chat/completions');
    expect(JSON.parse(body)).toMatchObject({ error: { param: null } });
    expect(body).not.toContain('secret');
  });
});

describe('an error as the last event of a stream', () => {
  const event = errorEvent(modelNotFound('line one\nline two'));

  it('is one event with a top-level error', async () => {
    const events = await collectSse([event]);
    expect(events.map(({ data }) => JSON.parse(data) as unknown)).toEqual([
      {
        error: {
          code: 'model_not_found',
          message: 'line one\nline two',
          type: 'invalid_request_error',
          param: 'model',
        },
      },
    ]);
  });

  it('stays an event of its own after half a one', async () => {
    const events = await collectSse(['data: {"half', event]);
    expect(events).toHaveLength(2);
    expect(JSON.parse(events[1]!.data)).toHaveProperty('error.code', 'model_not_found');
  });
});
