import { afterEach, describe, expect, it } from '@jest/globals';
import { loadSettings, parseCatalog } from '@local-llm-agent/config';
import { createLogger } from '@local-llm-agent/observability';
import { checkPlaces, createRuntimes } from './engine.runtimes.js';
import type { RuntimeRoom } from './residency/memory-ledger.service.js';

describe('the runtimes of the settings', () => {
  let rooms: readonly RuntimeRoom[] = [];
  afterEach(() => Promise.all(rooms.map(({ runtime }) => runtime.close())));

  async function create(environment: Record<string, string>): Promise<readonly RuntimeRoom[]> {
    const logger = createLogger({ service: 'test', level: 'silent' });
    return (rooms = await createRuntimes(loadSettings(environment), logger, () => undefined));
  }

  it('are named after their kind, in their order', async () => {
    await create({ RUNTIMES: 'openai,embedded,ollama' });
    expect(rooms.map(({ runtime }) => [runtime.id, runtime.name])).toEqual([
      ['openai', 'openai'],
      ['embedded', 'embedded'],
      ['ollama', 'ollama'],
    ]);
  });

  it('are named after their address where there are several of a kind, without a slash', async () => {
    const OPENAI_BASE_URL = 'http://127.0.0.1:8080/a/v1,http://127.0.0.1:8080/b/v1,https://vllm.example/v1';
    await create({ RUNTIMES: 'ollama,openai', OLLAMA_HOST: 'gpu1,me:pass@gpu2:11435', OPENAI_BASE_URL });
    const ids = rooms.map(({ runtime }) => runtime.id);
    expect(ids).toEqual([
      'ollama@gpu1:11434',
      'ollama@gpu2:11435',
      'openai@127.0.0.1:8080|a|v1',
      'openai@127.0.0.1:8080|b|v1',
      'openai@vllm.example',
    ]);
  });

  it('share the memory of this machine unless they are elsewhere or have a size of their own', async () => {
    await create({ RUNTIMES: 'ollama,embedded,openai', OLLAMA_HOST: 'localhost,127.0.0.1:2=4GiB,gpu1,gpu2=48GiB' });
    expect(rooms.map(({ localMemory, budgetBytes }) => [localMemory, budgetBytes])).toEqual([
      [true, undefined],
      [false, 4 * 2 ** 30],
      [false, undefined],
      [false, 48 * 2 ** 30],
      [true, undefined],
      [false, Infinity],
    ]);
  });

  it('are the embedded one by itself when no Ollama answers', async () => {
    await create({ RUNTIMES: 'auto', OLLAMA_HOST: '127.0.0.1:9' });
    expect(rooms.map(({ runtime }) => runtime.id)).toEqual(['embedded']);
  });

  it('must be there when the catalog names them', async () => {
    await create({ RUNTIMES: 'ollama', OLLAMA_HOST: 'gpu1,gpu2' });
    const check = (runtime: string): void =>
      checkPlaces(parseCatalog(`models: [{ id: m, runtime: '${runtime}' }]`, 'test'), rooms, 'test');
    check('ollama');
    check('ollama@gpu2:11434');
    expect(() => check('ollama@gpu3:11434')).toThrow(
      /models\[0\]\.runtime is 'ollama@gpu3:11434'.*ollama@gpu1:11434, ollama@gpu2:11434/,
    );
    expect(() => check('embedded')).toThrow(/Add it to RUNTIMES/);
  });
});
