import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import type OpenAI from 'openai';
import { RUNTIME, System } from './support/system.js';

/** What people ask for: flat records, choices, lists, nested objects, references, unions. Small, so that they end. */
const SCHEMAS: Readonly<Record<string, object>> = {
  person: {
    type: 'object',
    properties: { name: { type: 'string', maxLength: 12 }, age: { type: 'integer' } },
    required: ['name', 'age'],
    additionalProperties: false,
  },
  choice: {
    type: 'object',
    properties: { mood: { enum: ['good', 'bad', 'so-so'] }, sure: { type: 'boolean' } },
    required: ['mood', 'sure'],
    additionalProperties: false,
  },
  list: { type: 'array', items: { enum: ['red', 'green', 'blue'] }, minItems: 1, maxItems: 3 },
  nested: {
    type: 'object',
    properties: {
      place: {
        type: 'object',
        properties: { city: { type: 'string', maxLength: 10 }, capital: { type: 'boolean' } },
        required: ['city', 'capital'],
        additionalProperties: false,
      },
    },
    required: ['place'],
    additionalProperties: false,
  },
  reference: {
    type: 'object',
    properties: { from: { $ref: '#/$defs/day' }, to: { $ref: '#/$defs/day' } },
    required: ['from', 'to'],
    additionalProperties: false,
    $defs: { day: { enum: ['monday', 'friday'] } },
  },
  union: {
    type: 'object',
    properties: { value: { anyOf: [{ type: 'boolean' }, { type: 'null' }, { const: 'many' }] } },
    required: ['value'],
    additionalProperties: false,
  },
  scalar: { type: 'string', maxLength: 8 },
  nullable: {
    type: 'object',
    properties: { note: { type: ['string', 'null'], maxLength: 8 } },
    required: ['note'],
    additionalProperties: false,
  },
  pairs: {
    type: 'array',
    minItems: 1,
    maxItems: 2,
    items: {
      type: 'object',
      properties: { key: { type: 'string', maxLength: 5 }, on: { type: 'boolean' } },
      required: ['key', 'on'],
      additionalProperties: false,
    },
  },
  constant: {
    type: 'object',
    properties: { kind: { const: 'reply' }, score: { enum: [1, 2, 3] } },
    required: ['kind', 'score'],
    additionalProperties: false,
  },
};
const SEEDS = 10;

let system: System;
beforeAll(async () => {
  system = await System.start();
}, 120_000);
afterAll(() => system.stop(), 60_000);

async function ask(format: object, fields: object = {}): Promise<OpenAI.ChatCompletion.Choice> {
  const response = await system.post('/v1/chat/completions', {
    model: 'smollm2',
    messages: [{ role: 'user', content: 'Describe yourself.' }],
    max_tokens: 200,
    response_format: format,
    ...fields,
  });
  const text = await response.text();
  expect([response.status, text]).toEqual([200, expect.any(String)]);
  return (JSON.parse(text) as OpenAI.ChatCompletion).choices[0]!;
}

describe(`JSON answers on the ${RUNTIME} runtime`, () => {
  it('fit their schema, 100 of 100', async () => {
    const ajv = new Ajv({ strict: false });
    const wrong: unknown[] = [];
    for (const [name, schema] of Object.entries(SCHEMAS)) {
      const fits = ajv.compile(schema);
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const { message, finish_reason: reason } = await ask(
          { type: 'json_schema', json_schema: { name, schema, strict: true } },
          { temperature: 1, seed },
        );
        if (reason !== 'stop' || !fits(JSON.parse(message.content ?? '')))
          wrong.push([name, seed, reason, message.content]);
      }
    }
    expect(wrong).toEqual([]);
  }, 900_000);

  it('are objects for json_object', async () => {
    const { message, finish_reason: reason } = await ask({ type: 'json_object' }, { temperature: 0 });
    if (reason === 'stop') expect(JSON.parse(message.content ?? '')).toEqual(expect.any(Object));
    else expect([reason, message.content?.trimStart().startsWith('{')]).toEqual(['length', true]);
  });

  it('say when they were cut off', async () => {
    const format = { type: 'json_schema', json_schema: { name: 'person', schema: SCHEMAS['person'] } };
    expect((await ask(format, { max_tokens: 3 })).finish_reason).toBe('length');
  });
});
