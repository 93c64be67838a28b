import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../errors/api-error.js';
import { parseEmbeddingRequest, type EmbeddingRequest } from './embedding-request.dto.js';

const GOOD = { model: 'm', input: 'a text' };

function parse(fields: object): EmbeddingRequest {
  return parseEmbeddingRequest(Buffer.from(JSON.stringify({ ...GOOD, ...fields })));
}

describe('an embedding request', () => {
  it.each<[string, object]>([
    ['the least there is', {}],
    ['no model', { model: undefined }],
    ['texts', { input: ['a', 'b'], encoding_format: 'base64', dimensions: 1, user: '' }],
    ['tokens', { input: [[1], [2, 3]], encoding_format: 'float' }],
    ['null as not set', { model: null, encoding_format: null, dimensions: null, user: null }],
    ['unknown fields', { truncate: false }],
  ])('accepts %s', (_, fields) => {
    expect({ ...parse(fields) }).toEqual(JSON.parse(JSON.stringify({ ...GOOD, ...fields })));
  });

  it.each<[string, object, string]>([
    ['no input', { input: undefined }, 'input'],
    ['null', { input: null }, 'input'],
    ['an empty text', { input: '' }, 'input'],
    ['an empty text among others', { input: ['a', ''] }, 'input[1]'],
    ['nothing in the list', { input: [] }, 'input'],
    ['objects', { input: [{ text: 'a' }] }, 'input[0]'],
    ['an empty model', { model: '' }, 'model'],
    ['another encoding', { encoding_format: 'int8' }, 'encoding_format'],
    ['no dimensions', { dimensions: 0 }, 'dimensions'],
    ['half a dimension', { dimensions: 1.5 }, 'dimensions'],
    ['2049 inputs', { input: Array(2049).fill('a') }, 'input'],
  ])('refuses %s and names the parameter', (_, fields, param) => {
    let error: unknown;
    try {
      parse(fields);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 400, code: 'invalid_request', param });
  });
});
