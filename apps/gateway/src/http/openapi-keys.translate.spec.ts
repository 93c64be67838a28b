import { describe, expect, it } from '@jest/globals';
import { describeKeys } from './openapi-keys.translate.js';

describe('the document of the API', () => {
  const error = {
    description: 'bad',
    headers: { 'X-Request-ID': {} },
    content: { 'application/json': { schema: {} } },
  };
  const early = { ...error, content: { 'application/json': { schema: { title: 'before the dialects' } } } };
  const challenged = { ...error.headers, 'WWW-Authenticate': expect.anything() };
  const document = {
    openapi: '3.1.0',
    paths: {
      '/open': { get: { responses: { 200: { description: 'ok' } } } },
      '/closed': {
        parameters: [],
        get: {
          summary: 's',
          responses: { 200: { description: 'ok' }, 403: { description: 'its own' }, 431: early, 500: error },
        },
        head: { responses: { 404: { description: 'gone', headers: error.headers } } },
      },
    },
    components: { schemas: { A: {} } },
  };
  const described = describeKeys(document, (method, path) => method === 'GET' && path === '/open');

  it('says how to send a key', () => {
    expect(described.components).toEqual({
      schemas: { A: {} },
      securitySchemes: {
        bearer: expect.objectContaining({ scheme: 'bearer' }),
        header: expect.objectContaining({ name: 'X-API-Key' }),
      },
    });
  });

  it('says where one is needed, and how a refusal looks there', () => {
    expect(described.paths['/open']).toEqual(document.paths['/open']);
    expect(described.paths['/closed'].parameters).toEqual([]);
    expect(described.paths['/closed'].get).toEqual({
      summary: 's',
      security: [{}, { bearer: [] }, { header: [] }],
      responses: {
        200: { description: 'ok' },
        401: { ...error, headers: challenged, description: expect.stringContaining('none that is good') },
        403: { description: 'its own' },
        431: early,
        500: error,
      },
    });
  });

  it('describes refusals without a body where errors have none', () => {
    const { head } = described.paths['/closed'];
    expect(head.responses).toEqual({
      401: { headers: challenged, description: expect.stringContaining('none that is good') },
      403: { headers: error.headers, description: expect.any(String) },
      404: { headers: error.headers, description: 'gone' },
    });
  });
});
