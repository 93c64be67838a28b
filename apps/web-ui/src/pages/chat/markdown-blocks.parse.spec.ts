import { describe, expect, it } from '@jest/globals';
import { endedBlocks, splitBlocks } from './markdown-blocks.parse';

describe('Markdown that grows', () => {
  it('is cut at empty lines', () => {
    expect(splitBlocks('One.\n\nTwo.\n\nThr')).toEqual({
      settled: ['One.\n', 'Two.\n'],
      growing: 'Thr',
      inCode: false,
    });
  });

  it('is not cut in code, which may hold empty lines and other fences', () => {
    const code = 'Look:\n\n````md\na\n\n```\nb';
    expect(splitBlocks(code)).toEqual({ settled: ['Look:\n'], growing: '````md\na\n\n```\nb', inCode: true });
    expect(splitBlocks(`${code}\n\`\`\`\`\n\nAfter`)).toMatchObject({ growing: 'After', inCode: false });
  });

  it('is not cut in a list', () => {
    expect(splitBlocks('- a\n\n- b\n\n  more\n\nEnd').settled).toEqual(['- a\n\n- b\n\n  more\n']);
    expect(splitBlocks('1. a\n\n2. b').settled).toEqual([]);
  });

  it('is cut in a list that has become long, before an item of its own', () => {
    const items = Array.from({ length: 50 }, (_, index) => `- item ${index}\n  more of it`);
    const { settled, growing } = splitBlocks(items.join('\n'));
    expect(settled).toEqual([items.slice(0, 20).join('\n'), items.slice(20, 40).join('\n')]);
    expect(growing).toBe(items.slice(40).join('\n'));
  });

  it('is in whole lists when it has ended, and in one piece where its links are defined elsewhere', () => {
    const list = Array.from({ length: 100 }, (_, index) => `${index + 1}. item`).join('\n');
    expect(endedBlocks(`One.\n\n${list}`)).toEqual([`One.\n\n${list}`]);
    expect(splitBlocks(`One.\n\n${list}\n`).settled).toHaveLength(2);
    const linked = 'See [there].\n\nMore.\n\n[there]: https://example.com';
    expect(endedBlocks(linked)).toEqual([linked]);
  });

  it.each(['', 'One.', 'One.\n\n', '\n\n\nOne.\n\n\n\nTwo.', '```\na\n\nb\n```\n\nc', '> a\n\n> b\n\nc'])(
    'loses nothing of %j',
    (text) => {
      const { settled, growing } = splitBlocks(text);
      expect([...settled, growing].join('\n')).toBe(text);
    },
  );

  it('has the same settled blocks when more of it has come', () => {
    const text = 'One.\n\n- a\n- b\n\n```ts\nlet a;\n\nlet b;\n```\n\nTwo.\n\nThree.';
    let before: readonly string[] = [];
    for (let length = 0; length <= text.length; length += 1) {
      const { settled } = splitBlocks(text.slice(0, length));
      expect(settled.slice(0, before.length)).toEqual(before);
      before = settled;
    }
  });
});
