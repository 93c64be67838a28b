import { describe, expect, it, jest } from '@jest/globals';
import { backendUnavailable } from '@local-llm-agent/contracts';
import { CatalogIndex, parseCatalog } from '@local-llm-agent/config';
import type { Runtime } from '../runtime/runtime.contract.js';
import { ModelDirectory, type ResolvedModel } from './model.directory.js';

interface Host extends Runtime {
  models: string[];
  down: boolean;
}

function host(id: string, models: string[], concurrency?: number): Host {
  const made = {
    id,
    name: id.split('@')[0],
    models,
    down: false,
    concurrency,
    list: () =>
      made.down
        ? Promise.reject(backendUnavailable(`${id} is down`, { origin: 'runtime' }))
        : Promise.resolve(made.models.map((name) => ({ name, created: 1, sizeBytes: 1 }))),
  };
  return made as unknown as Host;
}

function directory(
  hosts: readonly Host[],
  catalog = '',
  up: (runtime: Runtime) => boolean = () => true,
): ModelDirectory {
  return new ModelDirectory(hosts, new CatalogIndex(parseCatalog(catalog, 'test')), up);
}

const idsOf = ({ hosts }: ResolvedModel): string[] => hosts.map(({ id }) => id);

describe('a model on several runtimes', () => {
  it('is found on all of them, in the order of the settings', async () => {
    const found = await directory([host('ollama@a', ['m']), host('embedded', ['m', 'n'])]).resolve('m', 'small');
    expect([found.runtime.id, idsOf(found)]).toEqual(['ollama@a', ['ollama@a', 'embedded']]);
  });

  it('is looked for first where somebody answers', async () => {
    const hosts = [host('ollama@a', ['m']), host('ollama@b', ['m'])];
    const found = await directory(hosts, '', ({ id }) => id !== 'ollama@a').resolve('m', 'small');
    expect(idsOf(found)).toEqual(['ollama@b', 'ollama@a']);
  });

  it('is placed by whoever asks', async () => {
    const hosts = [host('ollama@a', ['m']), host('ollama@b', ['m'])];
    const found = await directory(hosts).resolve('m', 'small', (places) => places[1]!);
    expect(found.runtime.id).toBe('ollama@b');
  });

  it.each([
    ['embedded', ['embedded']],
    ['ollama', ['ollama@a', 'ollama@b']],
    ['ollama@b', ['ollama@b']],
  ])('is only on %s when the catalog says so', async (place, expected) => {
    const hosts = [host('ollama@a', ['m']), host('ollama@b', ['m']), host('embedded', ['m'])];
    const found = await directory(hosts, `models: [{ id: m, runtime: ${place} }]`).resolve('m', 'small');
    expect(idsOf(found)).toEqual(expected);
  });

  it('is not found when the catalog wants it where it is not', async () => {
    const models = directory([host('ollama', ['m']), host('embedded', [])], 'models: [{ id: m, runtime: embedded }]');
    await expect(Promise.resolve(models.resolve('m', 'small'))).rejects.toMatchObject({ code: 'model_not_found' });
  });

  it('is looked up at once while the list is read again, and after that where it is not known', async () => {
    const slow = host('ollama', ['m']);
    const models = directory([slow]);
    await models.look('m', 'small');
    let answer = (): void => undefined;
    const list = slow.list.bind(slow);
    slow.list = (signal) => new Promise((resolve) => (answer = () => resolve(list(signal))));
    slow.models = ['m', 'n'];
    models.forget();
    expect((await models.look('m', 'small')).name).toBe('m');
    const later = models.look('n', 'small');
    answer();
    expect((await later).name).toBe('n');
  });

  it('is found although another one never ends its list', async () => {
    const slow = host('ollama@slow', ['n']);
    slow.list = () => new Promise(() => undefined);
    const late = new AbortController();
    const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(late.signal);
    const found = Promise.resolve(directory([slow, host('ollama@b', ['m'])]).resolve('m', 'small'));
    late.abort(new DOMException('late', 'TimeoutError'));
    expect((await found).runtime.id).toBe('ollama@b');
    timeout.mockRestore();
  });

  it('is listed as long as one of them has it', async () => {
    const hosts = [host('ollama@a', ['m']), host('ollama@b', ['m', 'n'])];
    const models = directory(hosts);
    expect((await models.list()).map(({ id }) => id)).toEqual(['m', 'n']);
    hosts[1]!.down = true;
    models.forget();
    expect((await models.list()).map(({ id }) => id)).toEqual(['m']);
    hosts[0]!.down = true;
    models.forget();
    expect(await models.list()).toEqual([]);
  });
});

describe('a runtime that takes so many requests at a time', () => {
  it('is asked for as many of a model, unless the catalog says otherwise', async () => {
    const models = directory([host('openai', ['m', 'n'], 64)], 'models: [{ id: n, parallel: 4 }]');
    expect((await models.resolve('m', 'small')).slots).toBe(64);
    expect((await models.resolve('n', 'small')).slots).toBe(4);
  });
});

describe('an adapter', () => {
  const CATALOG = `models:
  - { id: m, aliases: [n], adapters: [{ id: told, system: s, defaults: { topP: 0.5 } }, { id: tuned, lora: /x.gguf, system: t }, { id: there, servedAs: other }], fallbacks: [f] }`;
  const attaching = (id: string, models: string[]): Host =>
    Object.assign(host(id, models), { attachments: {} as Runtime['attachments'] });
  const making = (id: string, models: string[]): Host =>
    Object.assign(host(id, models), {
      derived: { make: (base: string) => Promise.resolve(`made of ${base}`) } as unknown as Runtime['derived'],
    });
  const found = (models: ModelDirectory, name: string): Promise<ResolvedModel> =>
    Promise.resolve(models.resolve(name, 'small'));

  it('of a system prompt is its base, told something first', async () => {
    expect(await found(directory([host('openai', ['m'])], CATALOG), 'n:told')).toMatchObject({
      name: 'm',
      installed: 'm',
      label: 'm:told',
      shownAs: 'n:told',
      system: 's',
      lora: undefined,
      defaults: { topP: 0.5 },
    });
  });

  it('of a LoRA is over its base where the runtime attaches it', async () => {
    expect(await found(directory([attaching('embedded', ['m'])], CATALOG), 'm:tuned')).toMatchObject({
      name: 'm',
      label: 'm:tuned',
      system: 't',
      lora: { name: 'm:tuned', path: '/x.gguf' },
    });
  });

  it('of a LoRA is the model that the runtime makes of it', async () => {
    expect(await found(directory([making('ollama', ['m'])], CATALOG), 'm:tuned')).toMatchObject({
      name: 'made of m',
      installed: 'm',
      label: 'm:tuned',
      lora: undefined,
    });
  });

  it('is only on the runtimes that can have it', async () => {
    const models = directory([host('openai', ['m']), making('ollama', ['m']), attaching('embedded', ['m'])], CATALOG);
    expect(idsOf(await found(models, 'm:tuned'))).toEqual(['ollama', 'embedded']);
    expect(idsOf(await found(models, 'm:told'))).toEqual(['openai', 'ollama', 'embedded']);
  });

  it('is what a server lists as a model, under its names, its id or the one it is served as', async () => {
    for (const name of ['m:tuned', 'n:tuned', 'tuned'])
      expect(await found(directory([host('openai', ['m', name])], CATALOG), 'm:tuned')).toMatchObject({
        name,
        system: 't',
      });
    expect((await found(directory([host('openai', ['m', 'other'])], CATALOG), 'n:there')).name).toBe('other');
    await expect(found(directory([host('openai', ['m', 'there'])], CATALOG), 'n:there')).rejects.toMatchObject({
      code: 'model_not_found',
    });
  });

  it('is listed where it can be answered, with the base behind it', async () => {
    const listed = await directory([making('ollama', ['m'])], CATALOG).list();
    expect(listed.map(({ id, servedBy }) => [id, servedBy])).toEqual([
      ['m', 'm'],
      ['n', 'm'],
      ['m:told', 'm'],
      ['n:told', 'm'],
      ['m:tuned', 'm'],
      ['n:tuned', 'm'],
    ]);
  });

  it('falls back with its base, and then tells the fallback what it tells', async () => {
    expect(await found(directory([attaching('embedded', ['f'])], CATALOG), 'm:tuned')).toMatchObject({
      name: 'f',
      shownAs: 'f',
      fallbackFrom: 'm:tuned',
      system: 't',
      lora: undefined,
    });
  });

  it('is looked up without being made', async () => {
    const ollama = host('ollama', ['m']);
    const made: string[] = [];
    const derived = { made: () => made[0], make: () => Promise.reject(new Error('was made')) };
    const models = directory([Object.assign(ollama, { derived: derived as unknown as Runtime['derived'] })], CATALOG);
    expect(await models.look('m:tuned', 'small')).toMatchObject({ installed: 'm', label: 'm:tuned', isMade: false });
    made.push('made of m');
    expect(await models.look('m:tuned', 'small')).toMatchObject({ name: 'made of m', lora: undefined, isMade: true });
    expect(await models.look('m', 'small')).toMatchObject({ name: 'm', isMade: true });
  });

  it('is not found by a look where only a fallback would answer', async () => {
    const models = directory([attaching('embedded', ['f'])], CATALOG);
    await expect(models.look('m:tuned', 'small')).rejects.toMatchObject({ code: 'model_not_found' });
    await expect(models.look('m', 'small')).rejects.toMatchObject({ code: 'model_not_found' });
    expect((await models.look('f', 'small')).name).toBe('f');
  });

  it('is made before anybody asks, and what fails is told', async () => {
    const told: string[] = [];
    const broken = Object.assign(host('ollama', ['m']), {
      derived: { make: () => Promise.reject(new Error('no')) } as unknown as Runtime['derived'],
    });
    await directory([broken], CATALOG).prepare((name, error) => told.push(`${name}: ${String(error)}`));
    await directory([host('ollama', [])], CATALOG).prepare((name) => told.push(name));
    expect(told).toEqual(['m:tuned: Error: no']);
  });
});
