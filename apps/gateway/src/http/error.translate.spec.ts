import { describe, expect, it } from '@jest/globals';
import {
  type ApiError,
  backendUnavailable,
  inferenceTimeout,
  internalError,
  invalidApiKey,
  invalidRequest,
  modelNotFound,
  permissionDenied,
  rateLimited,
  requestTooLarge,
} from '@local-llm-agent/contracts';
import { collectSse } from '@local-llm-agent/testing';
import { errorBody, errorEvent, headersOf } from './error.translate.js';

const OURS = {
  error: { code: 'invalid_request', message: 'model must be a string.', type: 'invalid_request_error', param: 'model' },
};

describe('an error as a body', () => {
  const error = invalidRequest('model must be a string.', { param: 'model' });

  it.each(['/v1/chat/completions', '/v1/models', '/metrics', '/healthy', '/chats', '/v1/chat'])(
    'has the shape of OpenAI on %s',
    (path) => {
      expect(JSON.parse(errorBody(error, { id: 'a', path }))).toEqual(OURS);
    },
  );

  it.each(['/', '/health', '/models', '/chat', '/chat/gemma3'])('has a detail as well on %s', (path) => {
    expect(JSON.parse(errorBody(error, { id: 'a', path }))).toEqual({ ...OURS, detail: 'model must be a string.' });
  });

  it('says null where no parameter is to blame, and never the cause', () => {
    const body = errorBody(internalError(new Error('secret')), { id: 'a', path: '/v1/chat/completions' });
    expect(JSON.parse(body)).toMatchObject({ error: { param: null } });
    expect(body).not.toContain('secret');
  });
});

describe("an error on Anthropic's paths", () => {
  const bodyOf = (error: ApiError): unknown =>
    JSON.parse(errorBody(error, { id: 'req-1', path: '/v1/messages/count_tokens' }));

  it.each<[string, ApiError]>([
    ['invalid_request_error', invalidRequest('m')],
    ['invalid_request_error', invalidRequest('m', { status: 415 })],
    ['not_found_error', modelNotFound('m')],
    ['request_too_large', requestTooLarge(1)],
    ['rate_limit_error', rateLimited('m', 3)],
    ['api_error', internalError(new Error('m'))],
    ['api_error', backendUnavailable('m')],
    ['overloaded_error', backendUnavailable('m', { retryAfterSeconds: 2 })],
    ['timeout_error', inferenceTimeout('m')],
    ['authentication_error', invalidApiKey('m')],
    ['permission_error', permissionDenied('m', { reason: 'role' })],
  ])('is an %s', (type, error) => {
    expect(bodyOf(error)).toEqual({ type: 'error', error: { type, message: error.message }, request_id: 'req-1' });
  });

  it('comes with the id in the header that its clients read, as every answer there', () => {
    expect(headersOf({ id: 'req-1', path: '/v1/messages' })).toEqual({ 'request-id': 'req-1' });
    expect(headersOf({ id: 'req-1', path: '/v1/messages/count_tokens' })).toEqual({ 'request-id': 'req-1' });
    expect(headersOf({ id: 'req-1', path: '/v1/models' })).toEqual({});
  });
});

describe('an error of MCP', () => {
  const bodyOf = (error: ApiError, path: string): unknown =>
    JSON.parse(errorBody(error, { id: 'req-1', method: 'POST', path }));

  it.each(['/', '/mcp'])('on POST %s is that of the protocol with ours beside it', (path) => {
    const error = invalidRequest('The body is empty.', { param: 'x' });
    expect(bodyOf(error, path)).toEqual({
      jsonrpc: '2.0',
      id: null,
      error: { code: -32700, message: 'The body is empty.', data: error.toBody().error },
    });
    expect(bodyOf(backendUnavailable('Gone.'), path)).toMatchObject({ error: { code: -32000 } });
    expect(bodyOf(invalidApiKey('No.'), path)).toMatchObject({ error: { code: -32600 } });
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
