import { describe, expect, it } from '@jest/globals';
import { describeKeys } from './openapi-keys.translate.js';

describe('the document of the API', () => {
  const error = {
    description: 'bad',
    headers: { 'X-Request-ID': {} },
    content: { 'application/json': { schema: {} } },
  };
  const document = {
    openapi: '3.1.0',
    paths: {
      '/open': { get: { responses: { 200: { description: 'ok' } } } },
      '/closed': {
        parameters: [],
        get: { summary: 's', responses: { 200: { description: 'ok' }, 403: { description: 'its own' }, 500: error } },
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
        401: { ...error, description: expect.stringContaining('none that is good') },
        403: { description: 'its own' },
        500: error,
      },
    });
  });
});
