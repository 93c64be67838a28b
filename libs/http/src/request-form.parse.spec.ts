import { describe, expect, it } from '@jest/globals';
import { parseRequestHead, type RequestHead, type RequestTarget } from './request-form.parse.js';

const HOST = ['Host', 'localhost'];

function parse(head: Partial<RequestHead>): RequestTarget {
  return parseRequestHead({
    method: 'GET',
    url: '/a',
    httpVersion: '1.1',
    headers: { host: 'localhost' },
    rawHeaders: HOST,
    ...head,
  });
}

describe('the head of a request', () => {
  it.each([
    ['/a?b=c', '/a?b=c', 'localhost'],
    ['/', '/', 'localhost'],
    ['//a', '//a', 'localhost'],
    ['http://llm.test:3160/a?b', '/a?b', 'llm.test:3160'],
    ['HTTPS://llm.test', '/', 'llm.test'],
    ['http://llm.test?b', '/?b', 'llm.test'],
  ])('with the target %s asks for %s at %s', (url, path, host) => {
    expect(parse({ url })).toEqual({ url: path, host });
  });

  it('may ask about the server as a whole', () => {
    expect(parse({ method: 'OPTIONS', url: '*' })).toEqual({ url: '*', host: 'localhost' });
  });

  it.each(['*', 'a', '', '?a', '#a', '/a#b', 'ftp://a/b', 'http://', 'http:///a', 'localhost:3160', 'http://u@a/b'])(
    'with the target %j asks for nothing',
    (url) => {
      expect(() => parse({ url })).toThrow(expect.objectContaining({ status: 400 }));
    },
  );

  it.each(['0.9', '1.2', '2.0', '3.7', '1.10'])('of HTTP/%s is not read', (httpVersion) => {
    expect(() => parse({ httpVersion })).toThrow(/HTTP\/1\.1 is spoken here/);
  });

  it('has chunked for its encoding, or none', () => {
    for (const value of ['chunked', 'Chunked', ' chunked '])
      expect(parse({ headers: { host: 'localhost', 'transfer-encoding': value } }).url).toBe('/a');
    for (const value of ['identity, chunked', ', chunked', 'chunked, chunked', 'gzip, chunked', 'identity', ''])
      expect(() => parse({ headers: { host: 'localhost', 'transfer-encoding': value } })).toThrow(
        expect.objectContaining({ param: 'Transfer-Encoding' }),
      );
  });

  it('has one host, but for HTTP/1.0', () => {
    const none = { headers: {}, rawHeaders: [] };
    expect(() => parse(none)).toThrow(/Host is missing/);
    expect(parse({ ...none, httpVersion: '1.0' }).host).toBeUndefined();
    expect(() => parse({ rawHeaders: [...HOST, 'HOST', 'evil.test'] })).toThrow(/came twice/);
    expect(() => parse({ url: 'http://evil.test/a', rawHeaders: [...HOST, ...HOST] })).toThrow(/came twice/);
    for (const host of ['', 'a b', 'a/b', 'u@a', 'a:b'])
      expect(() => parse({ headers: { host } })).toThrow(/no host with a port/);
  });
});
