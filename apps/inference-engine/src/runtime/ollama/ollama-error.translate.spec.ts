import { describe, expect, it } from '@jest/globals';
import { isTooLong, toApiError, type Fault } from './ollama-error.translate.js';

const ADDRESS = 'http://127.0.0.1:11434';
const SUBJECT = { address: ADDRESS, model: 'm' };
const refused = (status: number, body: string): Fault => ({ type: 'fault', kind: 'refused', status, body });
const json = (error: string): string => JSON.stringify({ error });
const failed = (text: string): Fault => ({ type: 'fault', kind: 'failed', text });
const withCode = (code: string): Error => Object.assign(new Error(code), { code });

describe('toApiError', () => {
  it.each<[string, Fault, { status: number; code: string; message: RegExp }]>([
    [
      'an unknown model',
      refused(404, json("model 'm' not found")),
      { status: 404, code: 'model_not_found', message: /ollama pull m/ },
    ],
    [
      'an embedding model',
      refused(400, json('"m" does not support chat')),
      { status: 400, code: 'invalid_request', message: /embeddings only/ },
    ],
    [
      'an embedding model at its load',
      refused(400, json('"m" does not support generate')),
      { status: 400, code: 'invalid_request', message: /'m' cannot chat/ },
    ],
    [
      'a refused option',
      refused(400, json('option "seed" must be of type integer')),
      { status: 400, code: 'invalid_request', message: /must be of type integer/ },
    ],
    [
      'too little memory',
      refused(500, json('model requires more system memory (429.2 GiB) than is available (22.6 GiB)')),
      {
        status: 503,
        code: 'backend_unavailable',
        message: /^Model requires more system memory \(429\.2 GiB\) than is available \(22\.6 GiB\)/,
      },
    ],
    [
      'memory that could not be had',
      failed('llama runner process has terminated: cudaMalloc failed: out of memory'),
      { status: 503, code: 'backend_unavailable', message: /lacks the memory to run model 'm'/ },
    ],
    [
      'a full queue',
      refused(503, json('server busy, please try again.')),
      { status: 503, code: 'backend_unavailable', message: /busy.*Try again in 5 s/ },
    ],
    [
      'an error of Ollama',
      refused(500, json('unexpected server status')),
      { status: 503, code: 'backend_unavailable', message: /failed: unexpected server status/ },
    ],
    [
      'an error page',
      refused(502, '<html>Bad gateway</html>'),
      { status: 503, code: 'backend_unavailable', message: /status 502.*OLLAMA_HOST/ },
    ],
    [
      'a path that the server does not have',
      refused(404, '404 page not found'),
      { status: 503, code: 'backend_unavailable', message: /does not behave like Ollama/ },
    ],
    [
      'an error in mid-stream',
      failed('the runner crashed'),
      { status: 503, code: 'backend_unavailable', message: /the runner crashed/ },
    ],
    [
      'a refused connection',
      { type: 'fault', kind: 'network', cause: withCode('ECONNREFUSED') },
      { status: 503, code: 'backend_unavailable', message: /does not answer.*ollama serve.*OLLAMA_HOST/ },
    ],
    [
      'a connect that takes too long',
      { type: 'fault', kind: 'network', cause: withCode('UND_ERR_CONNECT_TIMEOUT') },
      { status: 503, code: 'backend_unavailable', message: /does not answer/ },
    ],
    [
      'a cut connection',
      { type: 'fault', kind: 'network', cause: withCode('UND_ERR_SOCKET') },
      { status: 503, code: 'backend_unavailable', message: /closed the connection/ },
    ],
    [
      'garbage',
      { type: 'fault', kind: 'garbage', sample: '<' },
      { status: 503, code: 'backend_unavailable', message: /OLLAMA_HOST/ },
    ],
    [
      'an answer broken off',
      { type: 'fault', kind: 'endedEarly' },
      { status: 503, code: 'backend_unavailable', message: /repeats itself/ },
    ],
    [
      'a load in place of an answer',
      { type: 'fault', kind: 'noAnswer', reason: 'load' },
      { status: 503, code: 'backend_unavailable', message: /'load'/ },
    ],
    [
      'a control call without answer',
      { type: 'fault', kind: 'timedOut', path: '/api/ps', ms: 10_000 },
      { status: 503, code: 'backend_unavailable', message: /\/api\/ps within 10 s/ },
    ],
  ])('turns %s into an error that says what to do', (_name, fault, expected) => {
    const error = toApiError(fault, SUBJECT);
    expect(error.status).toBe(expected.status);
    expect(error.code).toBe(expected.code);
    expect(error.message).toMatch(expected.message);
    expect(error.message).toContain(ADDRESS);
    if (error.status === 503) expect(error.origin).toBe('runtime');
  });

  it('names the field when the model is to blame', () => {
    expect(toApiError(refused(400, json('"m" does not support chat')), SUBJECT).param).toBe('model');
    expect(toApiError(refused(404, json("model 'm' not found")), SUBJECT).param).toBe('model');
  });

  it('asks to wait when Ollama is busy', () => {
    expect(toApiError(refused(503, json('server busy')), SUBJECT).retryAfterSeconds).toBe(5);
  });

  it('keeps file paths and long texts from the client, and the text for the log', () => {
    const text = `cannot open /usr/share/ollama/.ollama/models/blobs/sha256-abc: ${'x'.repeat(1000)}`;
    const error = toApiError(failed(text), SUBJECT);
    expect(error.message).not.toContain('/usr/share');
    expect(error.message.length).toBeLessThan(500);
    expect((error.cause as Error).message).toBe(text);
  });
});

describe('isTooLong', () => {
  it.each([
    [true, refused(400, json('the input length exceeds the context length'))],
    [false, refused(500, json('the input length exceeds the context length'))],
    [false, refused(400, json('model is required'))],
    [false, refused(400, 'the input length exceeds the context length')],
    [false, failed('the input length exceeds the context length')],
  ])('is %s', (expected, fault) => {
    expect(isTooLong(fault)).toBe(expected);
  });
});
