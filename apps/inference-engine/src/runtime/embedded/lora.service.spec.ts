import { describe, expect, it } from '@jest/globals';
import { LoraViews } from './lora.service.js';
import type { LoadedModel } from './model.service.js';

/** A model whose LoRAs take ten bytes each, and what was opened of it. */
function setUp(): { views: LoraViews; model: LoadedModel; opened: string[]; fail: Set<string> } {
  let bytes = 100;
  const opened: string[] = [];
  const fail = new Set<string>();
  const model = {
    slots: 'own',
    openSlots: async (lora: string) => {
      opened.push(lora);
      await Promise.resolve();
      if (fail.has(lora)) throw new Error('no LoRA');
      bytes += 10;
      return `slots of ${lora}`;
    },
  } as unknown as LoadedModel;
  return { views: new LoraViews(model, () => bytes), model, opened, fail };
}

describe('a model with LoRAs over it', () => {
  it('is itself without one, and nothing through one that is not attached', async () => {
    const { views, model } = setUp();
    expect(await views.through(undefined)).toBe(model);
    expect(await views.through('x')).toBeUndefined();
  });

  it('has slots of its own through each, and tells what each added', async () => {
    const { views } = setUp();
    expect(await Promise.all([views.attach('x'), views.attach('y')])).toEqual([
      { addedBytes: 10, bytes: 110 },
      { addedBytes: 10, bytes: 120 },
    ]);
    expect(await views.through('x')).toMatchObject({ slots: 'slots of x' });
    expect(await views.through('y')).toMatchObject({ slots: 'slots of y' });
  });

  it('opens a LoRA once', async () => {
    const { views, opened } = setUp();
    await Promise.all([views.attach('x'), views.attach('x')]);
    await views.attach('x');
    expect(opened).toEqual(['x']);
  });

  it('goes on after one that cannot be attached, which may be tried again', async () => {
    const { views, fail } = setUp();
    fail.add('x');
    const both = await Promise.allSettled([views.attach('x'), views.attach('y')]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(await views.through('x')).toBeUndefined();
    fail.clear();
    expect((await views.attach('x')).addedBytes).toBe(10);
  });
});
