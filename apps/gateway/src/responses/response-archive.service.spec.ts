import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ResponseItem, ResponseObject, ResponseRequest } from '@local-llm-agent/contracts';
import { MemoryStore } from './memory-store.service.js';
import { ResponseArchive, type Reader } from './response-archive.service.js';
import { toResponseHead } from './response-object.translate.js';

const REQUEST = { model: 'm', input: 'hi' } as ResponseRequest;
const key = (turn: number): string => turn.toString(16).padStart(32, '0');
const idOf = (turn: number): string => `resp_${key(turn)}`;

const said = (id: string, text: string): ResponseItem => ({
  id,
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [] }],
});

function responseOf(turn: number, status: ResponseObject['status'] = 'completed'): ResponseObject {
  return {
    ...toResponseHead(REQUEST, { id: idOf(turn), createdAt: 1 }),
    status,
    error: null,
    incomplete_details: null,
    output: [said(`msg_${key(turn)}0001`, `answer ${turn}`)] as ResponseObject['output'],
  };
}

const input = (turn: number): ResponseItem[] => [said(`msg_${key(turn)}0000`, `question ${turn}`)];
const textsOf = (items: readonly ResponseItem[]): unknown[] =>
  items.map((item) =>
    'content' in item && item.content?.[0] && 'text' in item.content[0] ? item.content[0].text : undefined,
  );

const NOBODY = { keyId: undefined };
const ONE = { keyId: 'key-one' };
const OTHER = { keyId: 'key-two' };

describe('the archive of responses', () => {
  let archive: ResponseArchive;

  beforeEach(() => {
    archive = new ResponseArchive(new MemoryStore({ mostBytes: 2 ** 24, mostEntries: 10_000, ttlMs: 60_000 }));
  });

  async function talk(turns: number, reader: Reader = NOBODY): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) {
      const ancestors = Array.from({ length: turn }, (_, before) => idOf(before));
      await archive.save({ response: responseOf(turn), input: input(turn), ancestors }, reader);
    }
  }

  it('puts a conversation together, oldest first', async () => {
    await talk(3);
    const { items, ids } = await archive.conversation(idOf(2), NOBODY);
    expect(textsOf(items)).toEqual(['question 0', 'answer 0', 'question 1', 'answer 1', 'question 2', 'answer 2']);
    expect(ids).toEqual([idOf(0), idOf(1), idOf(2)]);
    expect(await archive.conversation(undefined, NOBODY)).toEqual({ items: [], ids: [] });
  });

  it('does not go on for ever', async () => {
    await talk(513);
    expect((await archive.conversation(idOf(511), NOBODY)).ids.length).toBe(512);
    await expect(archive.conversation(idOf(512), NOBODY)).rejects.toMatchObject({
      status: 400,
      param: 'previous_response_id',
      message: expect.stringContaining('512'),
    });
  });

  it('names the part of a conversation that is gone', async () => {
    await talk(3);
    await archive.delete(idOf(1), NOBODY);
    await expect(archive.conversation(idOf(2), NOBODY)).rejects.toMatchObject({
      status: 404,
      param: 'previous_response_id',
      message: expect.stringContaining(idOf(1)),
    });
  });

  it.each(['failed', 'cancelled'] as const)('does not go on from a response that is %s', async (status) => {
    await archive.save({ response: responseOf(0, status), input: input(0), ancestors: [] }, NOBODY);
    await expect(archive.conversation(idOf(0), NOBODY)).rejects.toMatchObject({
      status: 400,
      param: 'previous_response_id',
    });
    expect((await archive.get(idOf(0), NOBODY)).response.status).toBe(status);
  });

  it('finds an item by its id alone, of the question and of the answer', async () => {
    await talk(2);
    const at = (id: string): { id: string; path: string } => ({ id, path: 'input[0].id' });
    const ids = [`msg_${key(1)}0001`, `msg_${key(0)}0000`, `msg_${key(1)}0000`];
    const items = await archive.items(ids.map(at), NOBODY);
    expect(textsOf(ids.map((id) => items.get(id)!))).toEqual(['answer 1', 'question 0', 'question 1']);
    for (const id of [`msg_${key(1)}0002`, `msg_${key(9)}0000`, 'msg_of_another_server'])
      await expect(archive.items([at(id)], NOBODY)).rejects.toMatchObject({ status: 404, param: 'input[0].id' });
    const many = Array.from({ length: 513 }, (_, turn) => at(`msg_${key(turn)}0000`));
    await expect(archive.items(many, NOBODY)).rejects.toMatchObject({ status: 400, param: 'input' });
  });

  it('has nothing of one key for another, and leaves it where it is', async () => {
    await talk(2, ONE);
    const missing = { status: 404, message: expect.stringContaining('is not stored') };
    const reference = { id: `msg_${key(1)}0001`, path: 'input[0].id' };
    await expect(archive.get(idOf(1), OTHER)).rejects.toMatchObject(missing);
    await expect(archive.delete(idOf(1), OTHER)).rejects.toMatchObject(missing);
    await expect(archive.conversation(idOf(1), OTHER)).rejects.toMatchObject(missing);
    await expect(archive.items([reference], OTHER)).rejects.toMatchObject(missing);
    expect((await archive.conversation(idOf(1), ONE)).ids).toEqual([idOf(0), idOf(1)]);
    expect((await archive.items([reference], ONE)).size).toBe(2);
    expect((await archive.get(idOf(1), ONE)).owner).toBe(ONE.keyId);
  });

  it('does not go on from a response of another key, deep in a conversation', async () => {
    await archive.save({ response: responseOf(0), input: input(0), ancestors: [] }, OTHER);
    await archive.save({ response: responseOf(1), input: input(1), ancestors: [idOf(0)] }, ONE);
    await expect(archive.conversation(idOf(1), ONE)).rejects.toMatchObject({ status: 404 });
  });

  it('has for everybody who knows the id what was made without a key, and everything once there are no keys', async () => {
    await talk(1);
    expect((await archive.get(idOf(0), ONE)).response.id).toBe(idOf(0));
    await archive.save({ response: responseOf(1), input: input(1), ancestors: [] }, ONE);
    expect((await archive.get(idOf(1), NOBODY)).response.id).toBe(idOf(1));
  });
});
