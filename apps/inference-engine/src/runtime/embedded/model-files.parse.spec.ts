import { describe, expect, it } from '@jest/globals';
import { parseModelFiles } from './model-files.parse.js';

describe('parseModelFiles', () => {
  it('names a model as its file and keeps the case', () => {
    expect(parseModelFiles(['smollm2.gguf', 'Qwen3-8B.Q4_K_M.gguf'])).toEqual([
      { name: 'Qwen3-8B.Q4_K_M', files: ['Qwen3-8B.Q4_K_M.gguf'] },
      { name: 'smollm2', files: ['smollm2.gguf'] },
    ]);
  });

  it('ignores downloads in progress, hidden files, companions and other files', () => {
    const names = ['a.gguf.part', '.b.gguf', 'c.gguf.tmp', 'mmproj-d.gguf', 'README.md', '.gguf', 'gguf'];
    expect(parseModelFiles(names)).toEqual([]);
  });

  it('counts a split model once, with its parts in order', () => {
    expect(parseModelFiles(['big-00002-of-00002.gguf', 'big-00001-of-00002.gguf'])).toEqual([
      { name: 'big', files: ['big-00001-of-00002.gguf', 'big-00002-of-00002.gguf'] },
    ]);
  });

  it('leaves out a split model while a part is missing', () => {
    expect(parseModelFiles(['big-00001-of-00003.gguf', 'big-00003-of-00003.gguf'])).toEqual([]);
  });
});
