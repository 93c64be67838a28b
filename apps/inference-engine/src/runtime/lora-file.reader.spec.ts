import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ggufHead } from '@local-llm-agent/testing';
import { assertArchitecture, readLoraFile } from './lora-file.reader.js';

const LORA = { 'general.type': 'adapter', 'adapter.type': 'lora', 'general.architecture': 'llama' };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lora-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function lora(bytes: Buffer): { name: string; path: string } {
  const file = path.join(folder, 'x.gguf');
  writeFileSync(file, bytes);
  return { name: 'a:x', path: file };
}

describe('the file of a LoRA', () => {
  it('tells its size and for what models it is', async () => {
    const bytes = ggufHead(LORA);
    expect(await readLoraFile(lora(bytes))).toEqual({ sizeBytes: bytes.length, architecture: 'llama' });
  });

  it.each([
    ['a model', { ...LORA, 'general.type': 'model' }, /GGUF, but no LoRA/],
    ['another kind of adapter', { ...LORA, 'adapter.type': 'ia3' }, /GGUF, but no LoRA/],
    ['nothing', {}, /GGUF, but no LoRA/],
  ])('is refused for %s', async (_, fields, message) => {
    await expect(readLoraFile(lora(ggufHead(fields)))).rejects.toMatchObject({
      code: 'backend_unavailable',
      origin: 'runtime',
      message: expect.stringMatching(message),
    });
  });

  it('is refused when it is broken or gone, without telling where it lies', async () => {
    const missing = { name: 'a:x', path: path.join(folder, 'none.gguf') };
    for (const broken of [lora(Buffer.from('GGUF')), missing]) {
      await expect(readLoraFile(broken)).rejects.toMatchObject({
        message: 'The LoRA file of a:x cannot be read. Check its path in the catalog, and the file.',
      });
    }
  });

  it('has to be for the architecture of its base', () => {
    const there = { name: 'a:x', path: '' };
    expect(() => assertArchitecture(there, 'llama', 'llama')).not.toThrow();
    expect(() => assertArchitecture(there, 'gpt2', 'llama')).toThrow(/architecture gpt2, but its base is of llama/);
  });
});
