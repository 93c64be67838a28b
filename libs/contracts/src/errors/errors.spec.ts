import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  ApiError,
  contextLengthExceeded,
  insufficientMemory,
  internalError,
  invalidRequest,
  toApiError,
} from './api-error.js';
import { parseErrorBody } from './error-body.parse.js';
import { errorTable } from './error-codes.document.js';

describe('an API error', () => {
  it('has the body of the OpenAI format, with null for no parameter', () => {
    expect(invalidRequest('no', { param: 'messages[2].role' }).toBody()).toEqual({
      error: { code: 'invalid_request', message: 'no', type: 'invalid_request_error', param: 'messages[2].role' },
    });
    expect(internalError(new Error('secret')).toBody().error.param).toBeNull();
  });

  it('never shows the cause of an internal error', () => {
    const error = toApiError(new Error('password 123'));
    expect(error.status).toBe(500);
    expect(JSON.stringify(error.toBody())).not.toContain('123');
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('names both numbers when the context is exceeded', () => {
    expect(contextLengthExceeded(9000, 8192).message).toMatch(/9000 tokens.*8192 tokens/);
    expect(contextLengthExceeded(9000, 8192, { exact: false }).message).toContain('about 9000');
    expect(contextLengthExceeded(9, 8, { param: 'input[3]' })).toMatchObject({ param: 'input[3]', status: 413 });
  });

  it('says how much memory is needed and available', () => {
    expect(insufficientMemory(18.4 * 2 ** 30, 17 * 2 ** 30).message).toBe(
      'Model requires more system memory (18.4 GiB) than is available (17.0 GiB)',
    );
  });

  it('tells two sizes that are nearly the same so that they differ', () => {
    const message = (needed: number, available: number): string =>
      insufficientMemory(needed * 2 ** 20, available * 2 ** 20).message;
    expect(message(520, 500)).toContain('(0.51 GiB) than is available (0.49 GiB)');
    expect(message(501, 500)).toContain('(0.489 GiB) than is available (0.488 GiB)');
  });

  it('survives the way from one tier to the other', () => {
    const sent = contextLengthExceeded(9, 8);
    const read = parseErrorBody(sent.status, JSON.stringify(sent.toBody()), { origin: 'engine' });
    expect(read).toBeInstanceOf(ApiError);
    expect(read.toBody()).toEqual(sent.toBody());
    expect([read.status, read.origin]).toEqual([413, 'engine']);
  });

  it.each(['', 'null', '[]', '{"error":{}}', '{"error":{"code":"toString","message":"x"}}', '<html>'])(
    'takes the unreadable body %j for a backend that is not there',
    (body) => {
      expect(parseErrorBody(500, body).code).toBe('backend_unavailable');
    },
  );
});

describe('the page of errors', () => {
  it('has the table of the code', () => {
    const page = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');
    const squeeze = (text: string): string => text.replace(/ +/g, ' ').replace(/-+/g, '-');
    expect(squeeze(page)).toContain(squeeze(errorTable()));
  });
});
