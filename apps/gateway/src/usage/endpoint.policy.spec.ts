import { describe, expect, it } from '@jest/globals';
import { endpointOf } from './endpoint.policy.js';

describe('the endpoint of a request', () => {
  it.each([
    ['/v1/chat/completions', '/v1/chat/completions'],
    ['/V1/Chat/Completions/', '/v1/chat/completions'],
    ['/v1/messages', '/v1/messages'],
    ['/api/generate', '/api/generate'],
    ['/chat', '/chat'],
    ['/chat/gemma3', '/chat/{model}'],
    ['/chat/some/model:with-a-tag', '/chat/{model}'],
  ])('of POST %s is %s, also when it was refused', (path, endpoint) => {
    expect(endpointOf({ method: 'POST', path, admitted: true })).toBe(endpoint);
    expect(endpointOf({ method: 'POST', path, admitted: false })).toBe(endpoint);
  });

  it.each([
    ['/', '/mcp'],
    ['/mcp', '/mcp'],
    ['/mcp/tools/summarize', '/mcp/tools/{name}'],
    ['/MCP/tools/summarize', '/mcp/tools/{name}'],
  ])('of POST %s is %s where a model was asked, else there is none', (path, endpoint) => {
    expect(endpointOf({ method: 'POST', path, admitted: true })).toBe(endpoint);
    expect(endpointOf({ method: 'POST', path, admitted: false })).toBeUndefined();
  });

  it.each([
    ['GET', '/v1/chat/completions'],
    ['GET', '/v1/models'],
    ['GET', '/v1/responses/resp_1'],
    ['POST', '/admin/keys'],
    ['POST', '/api/pull'],
    ['POST', '/chatter'],
    ['DELETE', '/api/delete'],
  ])('there is none for %s %s', (method, path) => {
    expect(endpointOf({ method, path, admitted: false })).toBeUndefined();
  });
});
