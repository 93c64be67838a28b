import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { backendUnavailable, type ManagementProgress, type OllamaCreateRequest } from '@local-llm-agent/contracts';
import { ggufHead } from '@local-llm-agent/testing';
import { OllamaDerivedModels, type DerivedOptions } from './derived-models.service.js';

const NEVER = new AbortController().signal;
const LORA = { 'general.type': 'adapter', 'adapter.type': 'lora', 'general.architecture': 'llama' };

/** What Ollama has, and what was asked of it. */
class Shop {
  readonly models = new Map<string, string>([['base', 'b1']]);
  readonly blobs = new Set<string>();
  readonly calls: string[] = [];
  failCreate: Error | undefined;

  readonly management: DerivedOptions['management'] = {
    show: () =>
      Promise.resolve({
        modelfile: '',
        template: '',
        details: { parent_model: '', format: '', family: '', families: [], parameter_size: '', quantization_level: '' },
        model_info: { 'general.architecture': 'llama' },
        capabilities: [],
        modified_at: '',
      }),
    hasBlob: (digest) => Promise.resolve(this.blobs.has(digest)),
    addBlob: async (digest: string, bytes: Readable) => {
      this.calls.push('upload');
      await bytes.forEach(() => undefined);
      this.blobs.add(digest);
      return true;
    },
    create: (order) => this.create(order),
    remove: (name) => {
      this.calls.push(`remove ${name}`);
      this.models.delete(name);
      return Promise.resolve();
    },
  };

  get listed(): { name: string; digest: string; size: number; modifiedAt: number }[] {
    return [...this.models].map(([name, digest]) => ({ name, digest, size: 1, modifiedAt: 1 }));
  }

  private async *create(order: OllamaCreateRequest): AsyncGenerator<ManagementProgress> {
    this.calls.push(`create from ${order.from}`);
    if (this.failCreate) throw this.failCreate;
    yield await Promise.resolve({ status: 'success' });
    this.models.set(order.model, 'd');
  }
}

let folder: string;
let shop: Shop;
let derived: OllamaDerivedModels;
const lora = (): { name: string; path: string } => ({ name: 'base:x', path: path.join(folder, 'x.gguf') });
const open = (): OllamaDerivedModels =>
  new OllamaDerivedModels({
    management: shop.management,
    list: () => Promise.resolve(shop.listed),
    unload: (name) => {
      shop.calls.push(`unload ${name}`);
      return Promise.resolve();
    },
    log: { info: () => undefined },
  });

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lora-'));
  writeFileSync(lora().path, ggufHead(LORA));
  shop = new Shop();
  derived = open();
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('a model that Ollama has to make of a LoRA', () => {
  it('is made once, however many ask for it, and then there at once', async () => {
    const names = await Promise.all([derived.make('base', lora()), derived.make('base', lora())]);
    expect(new Set(names).size).toBe(1);
    expect(shop.calls).toEqual(['upload', 'create from base']);
    expect(derived.make('base', lora())).toBe(names[0]);
    expect(derived.adapterOf(names[0])).toBe('base:x');
    expect(derived.adapterOf('base')).toBeUndefined();
  });

  it('is known by its name once it is made, and a look makes nothing', async () => {
    expect(derived.made('base', lora())).toBeUndefined();
    expect(shop.calls).toEqual([]);
    const name = await derived.make('base', lora());
    expect(derived.made('base', lora())).toBe(name);
    shop.models.delete(name);
    await derived.note(shop.listed, NEVER);
    expect(derived.made('base', lora())).toBeUndefined();
  });

  it('is not made again by the next engine', async () => {
    const name = await derived.make('base', lora());
    shop.calls.length = 0;
    expect(await open().make('base', lora())).toBe(name);
    expect(shop.calls).toEqual([]);
  });

  it('is made anew for a new base, and the old one goes, out of memory first', async () => {
    const name = await derived.make('base', lora());
    shop.calls.length = 0;
    shop.models.set('base', 'b2');
    await derived.note(shop.listed, NEVER);
    expect(await derived.make('base', lora())).not.toBe(name);
    expect(shop.calls).toEqual(['create from base', `unload ${name}`, `remove ${name}`]);
  });

  it('is made anew for a new file', async () => {
    const name = await derived.make('base', lora());
    writeFileSync(lora().path, ggufHead({ ...LORA, 'general.name': 'new' }));
    await derived.note(shop.listed, NEVER);
    expect(await derived.make('base', lora())).not.toBe(name);
  });

  it('is made again when somebody removed it', async () => {
    const name = await derived.make('base', lora());
    shop.models.delete(name);
    await derived.note(shop.listed, NEVER);
    expect(await derived.make('base', lora())).toBe(name);
    expect(shop.calls.filter((call) => call.startsWith('create'))).toHaveLength(2);
  });

  it('goes when its base is gone', async () => {
    const name = await derived.make('base', lora());
    shop.models.delete('base');
    await derived.note(shop.listed, NEVER);
    expect([...shop.models.keys()]).toEqual([]);
    expect(shop.calls.at(-1)).toBe(`remove ${name}`);
    await expect(derived.make('base', lora())).rejects.toMatchObject({ code: 'model_not_found' });
  });

  it('is an error that names it when Ollama refuses, and is tried again', async () => {
    shop.failCreate = backendUnavailable('Ollama refuses.', { origin: 'runtime' });
    await expect(derived.make('base', lora())).rejects.toMatchObject({
      code: 'backend_unavailable',
      message: "The model 'base:x' could not be made. Ollama refuses.",
    });
    shop.failCreate = undefined;
    expect(await derived.make('base', lora())).toMatch(/^local-llm-agent\//);
  });

  it('is not made of a LoRA for other models, or of no file', async () => {
    writeFileSync(lora().path, ggufHead({ ...LORA, 'general.architecture': 'gpt2' }));
    await expect(derived.make('base', lora())).rejects.toMatchObject({ message: expect.stringMatching(/gpt2/) });
    rmSync(lora().path);
    await expect(derived.make('base', lora())).rejects.toMatchObject({
      message: expect.stringMatching(/^The model 'base:x' could not be made\. .*check/i),
    });
    expect(shop.calls).toEqual([]);
  });
});
