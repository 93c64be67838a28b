import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../errors/api-error.js';
import { parseJsonObject } from './body.parse.js';

const key = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .filter((text) => text !== '__proto__' && !text.includes('\0'));
const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((value) => !value.includes('\0'));
const { value: json } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
}));
const body = fc.dictionary(
  key.filter((name) => name !== 'constructor'),
  json,
  { maxKeys: 6 },
);

/** Writes characters as escapes, as Python does unless it is told otherwise. */
const inAscii = (value: string): string =>
  value.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

describe('any JSON object', () => {
  it('is read as the parser of the language reads it', () => {
    fc.assert(
      fc.property(body, fc.boolean(), fc.constantFrom(0, 1, '\t'), (value, ascii, space) => {
        const written = JSON.stringify(value, null, space);
        const sent = ascii ? inAscii(written) : written;
        expect(parseJsonObject(Buffer.from(sent))).toEqual(JSON.parse(written));
      }),
      { numRuns: 300 },
    );
  });

  it('is refused once a name is given twice, wherever that is', () => {
    fc.assert(
      fc.property(body, key, json, (value, name, twice) => {
        const inside = `{"x":1,"a":[{${JSON.stringify(name)}:1,"y z":${JSON.stringify(twice)},${JSON.stringify(name)}:2}]}`;
        const sent = `${JSON.stringify({ ...value, a: 0 }).slice(0, -1)},"b":${inside}}`;
        expect(() => parseJsonObject(Buffer.from(sent))).toThrow(ApiError);
      }),
      { numRuns: 200 },
    );
  });

  it('never makes anything but a value or a refusal, whatever the text is', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      ',',
      ':',
      '1',
      '-',
      'e9',
      'null',
      'NaN',
      '\\ud800',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const sent = pieces.join('');
        try {
          expect(parseJsonObject(Buffer.from(sent))).toEqual(JSON.parse(sent));
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
          expect(error.status).toBe(400);
        }
      }),
      { numRuns: 500 },
    );
  });
});
