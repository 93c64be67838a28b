import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../errors/api-error.js';
import { parseJsonObject } from './body.parse.js';
import { MOST_DEPTH } from './json-text.parse.js';

function refusal(body: string | Buffer): ApiError {
  try {
    parseJsonObject(Buffer.from(body as string));
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

describe('a JSON body', () => {
  it.each<[string, string]>([
    ['nothing in it', '{}'],
    ['space around it', ' \r\n\t{ "a" : 1 } \n'],
    ['the same name in two objects', '{"a":{"b":1},"c":{"b":1},"b":[{"b":1},{"b":1}]}'],
    ['names inside texts', '{"a":"{\\"a\\":1,\\"a\\":2}","b":"[[[[:::","c":"\\\\"}'],
    [
      'texts that end in escapes',
      '{"a":"\\\\","b":"\\\\\\"","c":"\\"","d":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\\\\\\\"}',
    ],
    ['quotes far inside a long text', `{"a":"${'x'.repeat(30)}\\"${'y'.repeat(30)}\\\\\\":","b":1}`],
    ['an escape at the end of the short look', `{"a":"${'x'.repeat(23)}\\"y","b":"${'x'.repeat(24)}\\\\"}`],
    ['characters beyond the first plane', '{"a":"😀 \\ud83d\\ude00 \\u00e9 \\\\ud800"}'],
    ['large and small numbers', '{"a":[1e308,-1e308,1e-400,0,-0,9007199254740993]}'],
    ['as many levels as there may be', nested(MOST_DEPTH)],
    ['names of every object', '{"a":{"constructor":{"prototype":{}},"toString":1,"hasOwnProperty":2}}'],
    ['empty names', '{"":{"":1}}'],
  ])('is read with %s', (_, text) => {
    expect(parseJsonObject(Buffer.from(text))).toEqual(JSON.parse(text));
  });

  it.each<[string, string, string | undefined, RegExp]>([
    ['a name twice', '{"a":1,"b":2,"a":3}', 'a', /^a is given twice\.$/],
    ['a name twice, once in disguise', '{"model":1,"mod\\u0065l":2}', 'model', /twice/],
    [
      'a name twice deep inside',
      '{"messages":[{},{"content":[{"text":1,"text":1}]}]}',
      'messages[1].content[0].text',
      /twice/,
    ],
    ['an empty name twice', '{"a":{"":1,"":1}}', 'a[""]', /twice/],
    ['a strange name twice', '{"a":{"b c":1,"b c":1}}', 'a["b c"]', /twice/],
    ['a name of integers twice', '{"logit_bias":{"5":1,"5":1}}', 'logit_bias.5', /twice/],
    ['one level too many', nested(MOST_DEPTH + 1), 'a', /deeper than 64 levels/],
    ['10,000 levels', nested(10_000), 'a', /deeper/],
    ['10,000 levels of objects', '{"b":1,"tools":'.repeat(10_000), 'tools', /deeper/],
    ['10,000 levels of lists alone', '['.repeat(10_000), undefined, /^The body is nested/],
    ['half a character', '{"a":[{"b":"x\\ud800y"}]}', 'a[0].b', /half of a character/],
    ['the second half first', '{"a":"\\udc00\\ud800"}', 'a', /half/],
    ['half a character in a name', '{"a":{"\\uDBFF":1}}', 'a["\\udbff"]', /in its name/],
    ['NUL', '{"messages":[{"content":"a\\u0000b"}]}', 'messages[0].content', /NUL/],
    ['NUL in a name', '{"a\\u0000":1}', '["a\\u0000"]', /NUL.*in its name/],
    ['a number beyond all bounds', '{"a":{"b":[1,-1e999]}}', 'a.b[1]', /too large/],
    ['a number of 400 digits', `{"a":${'9'.repeat(400)}}`, 'a', /too large/],
    ['a forged prototype', '{"__proto__":{"model":"x"}}', '__proto__', /not a parameter/],
    ['a forged prototype inside', '{"a":[{"__proto__":null}]}', 'a[0].__proto__', /not a parameter/],
    ['a forged prototype in disguise', '{"a":{"\\u005f_proto__":1}}', 'a.__proto__', /not a parameter/],
    ['a forged constructor', '{"constructor":{"prototype":{}}}', 'constructor', /not a parameter/],
    ['NaN', '{"messages":[],"temperature":NaN}', 'temperature', /NaN, which JSON does not have/],
    ['minus infinity', '{"a":[0,-Infinity]}', 'a[1]', /-Infinity/],
    ['nothing', '', undefined, /empty/],
    ['space only', ' \n', undefined, /empty/],
    ['half a body', '{"model":', undefined, /not valid JSON/],
    ['a text without end', '{"model":"a', undefined, /not valid JSON/],
    ['a text that ends in an escape', '{"model":"a\\', undefined, /not valid JSON/],
    ['closing marks only', ']]}}', undefined, /not valid JSON/],
    ['a comma too many', '{"a":1,}', undefined, /not valid JSON/],
    ['a comment', '{"a":1/*x*/}', undefined, /not valid JSON/],
    ['single quotes', "{'a':1}", undefined, /not valid JSON/],
    ['something after it', '{"a":1} x', undefined, /not valid JSON/],
    ['a second body', '{"a":1}{"a":1}', undefined, /not valid JSON/],
    ['a raw line break in a text', '{"a":"x\ny"}', undefined, /not valid JSON/],
    ['a raw NUL in a text', '{"a":"x\0y"}', 'a', /NUL/],
    ['a leading zero', '{"a":01}', undefined, /not valid JSON/],
    ['a list', '[{"a":1}]', undefined, /must be a JSON object/],
    ['null', 'null', undefined, /must be a JSON object/],
    ['a text', '"a"', undefined, /must be a JSON object/],
    ['a number', '1', undefined, /must be a JSON object/],
  ])('is refused with %s', (_, text, param, message) => {
    const error = refusal(text);
    expect([error.status, error.code, error.param]).toEqual([400, 'invalid_request', param]);
    expect(error.message).toMatch(message);
  });

  it.each<[string, number[], RegExp]>([
    ['bytes that are no UTF-8', [0x7b, 0xff, 0x7d], /UTF-8/],
    ['half a character in UTF-8', [0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d], /UTF-8/],
    ['a byte order mark', [0xef, 0xbb, 0xbf, 0x7b, 0x7d], /byte order mark/],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00], /UTF-8/],
  ])('is refused with %s', (_, bytes, message) => {
    expect(refusal(Buffer.from(bytes)).message).toMatch(message);
  });

  it('never changes what objects have from their class', () => {
    parseJsonObject(Buffer.from('{"a":{"constructor":{"prototype":{"polluted":1}}}}'));
    expect('polluted' in {}).toBe(false);
  });
});
