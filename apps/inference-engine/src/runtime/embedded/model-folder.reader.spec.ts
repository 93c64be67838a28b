import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ModelFolderReader } from './model-folder.reader.js';

const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value: number): Buffer => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);

/** A GGUF file with no tensors. Its blocks are the given number. */
function ggufFile(blocks: number): Buffer {
  const pairs = [
    [text('general.architecture'), u32(8), text('llama')],
    [text('llama.context_length'), u32(4), u32(blocks)],
    [text('tokenizer.ggml.tokens'), u32(9), u32(8), u64(2), text('a'), text('b')],
  ];
  return Buffer.concat([Buffer.from('GGUF'), u32(3), u64(0), u64(pairs.length), ...pairs.flat()]);
}

describe('ModelFolderReader', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'model-folder-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('finds no model where there is no folder', async () => {
    expect(await new ModelFolderReader(join(folder, 'none')).list()).toEqual([]);
  });

  it('lists files with their size and time, and leaves out folders and broken links', async () => {
    await writeFile(join(folder, 'a.gguf'), 'xyz');
    await utimes(join(folder, 'a.gguf'), 1000, 2000.5);
    await mkdir(join(folder, 'b.gguf'));
    await symlink(join(folder, 'nowhere'), join(folder, 'c.gguf'));
    const models = await new ModelFolderReader(folder).list();
    expect(models).toEqual([expect.objectContaining({ name: 'a', created: 2000, sizeBytes: 3 })]);
  });

  it('adds up the parts of a split model and opens the first', async () => {
    await writeFile(join(folder, 'a-00001-of-00002.gguf'), 'xyz');
    await writeFile(join(folder, 'a-00002-of-00002.gguf'), 'zz');
    const reader = new ModelFolderReader(folder);
    expect(await reader.list()).toEqual([expect.objectContaining({ name: 'a', sizeBytes: 5 })]);
    expect(await reader.pathOf('a')).toBe(join(folder, 'a-00001-of-00002.gguf'));
  });

  it('only opens what it lists', async () => {
    await expect(new ModelFolderReader(folder).pathOf('../a')).rejects.toMatchObject({ code: 'model_not_found' });
  });

  it('describes a model, and again when its file changes', async () => {
    const reader = new ModelFolderReader(folder);
    await writeFile(join(folder, 'a.gguf'), ggufFile(7));
    expect(await reader.describe('a')).toMatchObject({ contextLength: 7, vocabularySize: 2 });
    await writeFile(join(folder, 'a.gguf'), ggufFile(8));
    await utimes(join(folder, 'a.gguf'), 1, 1);
    expect(await reader.describe('a')).toMatchObject({ contextLength: 8 });
  });

  it('says so when the file is not a GGUF file', async () => {
    await writeFile(join(folder, 'a.gguf'), 'this is not a model');
    await expect(new ModelFolderReader(folder).describe('a')).rejects.toMatchObject({
      code: 'backend_unavailable',
      origin: 'runtime',
      message: expect.stringContaining('not a readable GGUF file'),
    });
  });
});
