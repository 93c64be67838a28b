import { describe, expect, it } from '@jest/globals';
import { toHeadError } from './head.refusal.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('the error for a head that could not be read', () => {
  it.each([
    ['headers that are too large', 'HPE_HEADER_OVERFLOW', 'GET / HTTP/1.1\r\n', 431],
    ['a head that does not come', 'ERR_HTTP_REQUEST_TIMEOUT', '', 408],
    ['a method that nobody knows', 'HPE_INVALID_METHOD', 'BREW /a HTTP/1.1\r\nHost: x\r\n', 405],
    ['a method with a dash', 'HPE_INVALID_METHOD', 'X-BREW /a HTTP/1.1\n', 405],
    ['bytes after a request', 'HPE_INVALID_METHOD', 'GET /a HTTP/1.1\r\n\r\nxyz', 400],
    ['a method in small letters', 'HPE_INVALID_METHOD', 'get /a HTTP/1.1\r\n', 400],
    ['the greeting of TLS', 'HPE_INVALID_METHOD', '\x16\x03\x01\x02', 400],
    ['bad chunks', 'HPE_INVALID_CHUNK_SIZE', 'POST /a HTTP/1.1\r\n', 400],
    ['a version that nobody knows', 'HPE_INVALID_VERSION', 'GET /a HTTP/9.9\r\n', 400],
  ])('says of %s what it is', (_, code, packet, status) => {
    const error = toHeadError({ code, rawPacket: bytes(packet) });
    expect([error.status, error.code, error.param]).toEqual([status, 'invalid_request', undefined]);
  });

  it('needs no bytes', () => {
    expect(toHeadError({ code: 'HPE_INVALID_METHOD' }).status).toBe(400);
    expect(toHeadError({}).status).toBe(400);
  });
});
