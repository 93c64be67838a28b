import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ManagementProgress, OllamaCreateRequest } from '@local-llm-agent/contracts';
import { EmbeddedManagement } from './model-management.service.js';
import { ModelFolderReader } from './model-folder.reader.js';

const NEVER = new AbortController().signal;

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([length, bytes]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** The smallest GGUF file: one text of metadata, no tensors. */
const GGUF = Buffer.concat([
  Buffer.from('GGUF'),
  u32(3),
  Buffer.alloc(8),
  Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]),
  text('general.architecture'),
  u32(8),
  text('llama'),
  Buffer.alloc(64),
]);
const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

describe('the models of the embedded runtime', () => {
  let folder: string;
  let management: EmbeddedManagement;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'embedded-models-'));
    await writeFile(join(folder, 'small.gguf'), GGUF);
    management = new EmbeddedManagement(folder, new ModelFolderReader(folder), () => []);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const create = async (order: Partial<OllamaCreateRequest>): Promise<string[]> => {
    const steps: ManagementProgress[] = [];
    for await (const step of management.create({ model: 'new', ...order }, NEVER)) steps.push(step);
    return steps.map(({ status }) => status);
  };
  const upload = (bytes: Buffer, digest = digestOf(bytes)): Promise<boolean> =>
    management.addBlob(digest, Readable.from([bytes.subarray(0, 9), bytes.subarray(9)]), NEVER);

  it('are listed with what their files say, and with one digest for the same weights', async () => {
    await management.copy('small', 'twin:q4');
    const tags = await management.tags();
    expect(tags.map(({ name }) => name)).toEqual(['small:latest', 'twin:q4']);
    expect(tags[0]).toMatchObject({ size: GGUF.length, details: { family: 'llama', format: 'gguf' } });
    expect(tags[0]?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(tags[1]?.digest).toBe(tags[0]?.digest);
  });

  it('are listed even when one file is broken', async () => {
    await writeFile(join(folder, 'broken.gguf'), 'no model');
    expect((await management.tags()).map(({ name }) => name)).toEqual(['broken:latest', 'small:latest']);
    await expect(management.show('broken', false)).rejects.toMatchObject({ code: 'backend_unavailable' });
  });

  it('share the disk with their copies', async () => {
    await management.copy('small:latest', 'twin');
    expect((await stat(join(folder, 'twin.gguf'))).ino).toBe((await stat(join(folder, 'small.gguf'))).ino);
    await management.copy('small', 'twin');
    expect((await readdir(folder)).sort()).toEqual(['small.gguf', 'twin.gguf']);
  });

  it('are copied and removed with all their parts', async () => {
    for (const part of [1, 2]) await writeFile(join(folder, `big-0000${part}-of-00002.gguf`), GGUF);
    await management.copy('big', 'large');
    expect(await readdir(folder)).toEqual(
      expect.arrayContaining(['large-00001-of-00002.gguf', 'large-00002-of-00002.gguf']),
    );
    await management.remove('big');
    expect((await management.tags()).map(({ name }) => name)).toEqual(['large:latest', 'small:latest']);
  });

  it('are made from an upload, which then is no blob any more', async () => {
    expect(await upload(GGUF)).toBe(true);
    expect(await management.hasBlob(digestOf(GGUF))).toBe(true);
    expect(await upload(GGUF)).toBe(false);
    expect(await create({ files: { 'x.gguf': digestOf(GGUF) } })).toEqual([
      'parsing GGUF',
      'writing model file',
      'success',
    ]);
    expect(await readFile(join(folder, 'new.gguf'))).toEqual(GGUF);
    expect(await management.hasBlob(digestOf(GGUF))).toBe(false);
  });

  it('are made from one another, under a license that is not kept', async () => {
    expect(await create({ from: 'small', license: 'MIT' })).toEqual([
      'using existing model',
      'the license text is not kept by the embedded runtime',
      'success',
    ]);
  });

  it('refuse an upload of other bytes than its digest says, and keep nothing of it', async () => {
    await expect(upload(GGUF, digestOf(Buffer.from('x')))).rejects.toMatchObject({ status: 400, param: 'digest' });
    expect(await readdir(join(folder, '.blobs'))).toEqual([]);
  });

  it('keep nothing of an upload that breaks off', async () => {
    const broken = new Readable({
      read() {
        this.destroy(new Error('gone'));
      },
    });
    await expect(management.addBlob(digestOf(GGUF), broken, NEVER)).rejects.toThrow();
    expect(await readdir(join(folder, '.blobs'))).toEqual([]);
  });

  it.each<[string, Partial<OllamaCreateRequest>, string]>([
    ['a system prompt', { from: 'small', system: 'x' }, 'system'],
    ['parameters', { from: 'small', parameters: { temperature: 1 } }, 'parameters'],
    ['a template', { from: 'small', template: 'x' }, 'template'],
    ['nothing to make it from', {}, 'files'],
    ['a blob that is not there', { files: { x: digestOf(GGUF) } }, 'files'],
    ['a name with a slash', { from: 'small', model: 'me/small' }, 'model'],
    ['the name of a companion file', { from: 'small', model: 'mmproj-x' }, 'model'],
  ])('refuse to be made with %s', async (_, order, param) => {
    await expect(create(order)).rejects.toMatchObject({ status: 400, param });
    expect((await management.tags()).map(({ name }) => name)).toEqual(['small:latest']);
  });

  it('refuse an upload that is no GGUF', async () => {
    const other = Buffer.from('a text that is no model');
    await upload(other);
    await expect(create({ files: { x: digestOf(other) } })).rejects.toMatchObject({ status: 400, param: 'files' });
  });

  it('say what to do instead of a pull', () => {
    expect(() => management.pull()).toThrow(/MODELS_DIR/);
    expect(() => management.push()).toThrow(/MODELS_DIR/);
  });

  it('are not found under names that are not theirs', async () => {
    await expect(management.remove('../small')).rejects.toMatchObject({ code: 'model_not_found' });
    await expect(management.copy('none', 'x')).rejects.toMatchObject({ code: 'model_not_found' });
  });
});
