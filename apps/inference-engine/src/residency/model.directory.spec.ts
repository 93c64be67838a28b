import { describe, expect, it } from '@jest/globals';
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
