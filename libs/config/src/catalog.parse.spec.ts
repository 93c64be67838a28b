import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadCatalog } from './catalog.load.js';
import { CatalogError, parseCatalog } from './catalog.parse.js';

function problemsOf(yaml: string): string[] {
  try {
    parseCatalog(yaml, 'test.yaml');
  } catch (error) {
    if (error instanceof CatalogError) return error.message.split('\n  - ').slice(1);
    throw error;
  }
  return [];
}

describe('a catalog', () => {
  it.each(['', '# nothing\n', '{}', 'models:\n', 'tiers:\n  small:\n'])(
    'is complete even when it says only %j',
    (yaml) => {
      expect(parseCatalog(yaml, 'test.yaml')).toEqual({
        tiers: {
          small: {
            requestsPerMinute: 40,
            tokensPerMinute: 20_000,
            concurrency: 0,
            queueLength: 256,
            maxWaitSeconds: 10,
            timeoutSeconds: 600,
            defaultModel: undefined,
            autoPromptTokens: 2000,
            autoTakes: ['schema'],
          },
          main: {
            requestsPerMinute: 10,
            tokensPerMinute: 50_000,
            concurrency: 0,
            queueLength: 64,
            maxWaitSeconds: 60,
            timeoutSeconds: 1800,
            defaultModel: undefined,
            autoPromptTokens: Number.MAX_SAFE_INTEGER,
            autoTakes: ['tools', 'images', 'schema'],
          },
        },
        models: [],
        uncatalogued: { tier: 'small', contextLength: 8192, parallel: 2 },
      });
    },
  );

  it('gives back every field it is given', () => {
    const catalog = parseCatalog(
      `tiers:
  small: { requestsPerMinute: 0, tokensPerMinute: 1, concurrency: 4, queueLength: 0, maxWaitSeconds: 0.5, timeoutSeconds: 2, defaultModel: a, autoPromptTokens: 3, autoTakes: [images, tools] }
models:
  - { id: a, aliases: [b, c], tier: main, description: d, contextLength: 4096, memory: 1.5GiB, parallel: 3,
      defaults: { maxTokens: 5, temperature: 0, topP: 1 }, preload: true, pinned: true, ttlSeconds: 60, fallbacks: [e],
      adapters: [{ id: x, description: y, lora: z.gguf, system: Be brief., servedAs: w, defaults: { topP: 0.5 } }, { id: u, system: s }] }
uncatalogued: { tier: main, contextLength: 16, parallel: 1 }`,
      'test.yaml',
    );
    expect(catalog.tiers.small).toEqual({
      requestsPerMinute: 0,
      tokensPerMinute: 1,
      concurrency: 4,
      queueLength: 0,
      maxWaitSeconds: 0.5,
      timeoutSeconds: 2,
      defaultModel: 'a',
      autoPromptTokens: 3,
      autoTakes: ['tools', 'images'],
    });
    expect(catalog.models).toEqual([
      {
        id: 'a',
        aliases: ['b', 'c'],
        tier: 'main',
        description: 'd',
        contextLength: 4096,
        memory: 1.5 * 2 ** 30,
        parallel: 3,
        defaults: { maxTokens: 5, temperature: 0, topP: 1 },
        preload: true,
        pinned: true,
        ttlSeconds: 60,
        fallbacks: ['e'],
        adapters: [
          {
            id: 'x',
            description: 'y',
            lora: 'z.gguf',
            system: 'Be brief.',
            servedAs: 'w',
            defaults: { topP: 0.5 },
          },
          { id: 'u', description: '', lora: undefined, system: 's', servedAs: undefined, defaults: {} },
        ],
      },
    ]);
    expect(catalog.uncatalogued).toEqual({ tier: 'main', contextLength: 16, parallel: 1 });
  });

  it.each<[string, string, string[]]>([
    ['an unknown name at the top', 'model: []', ['model is not a setting of the catalog']],
    ['an unknown tier', 'tiers: { huge: {} }', ['tiers.huge is not a setting of the catalog']],
    ['an unknown name in a tier', 'tiers: { small: { rpm: 5 } }', ['tiers.small.rpm is not a setting of the catalog']],
    ['an unknown name in a model', 'models: [{ id: a, ctx: 5 }]', ['models[0].ctx is not a setting of the catalog']],
    [
      'an unknown name in defaults',
      'models: [{ id: a, defaults: { top_p: 1 } }]',
      ['models[0].defaults.top_p is not a setting of the catalog'],
    ],
    [
      'an unknown name for the rest',
      'uncatalogued: { memory: 1 }',
      ['uncatalogued.memory is not a setting of the catalog'],
    ],
    [
      'a model without an id',
      'models: [{ tier: small }, { tier: main }]',
      ['models[0].id is missing', 'models[1].id is missing'],
    ],
    ['an id that is a number', 'models: [{ id: 5 }]', ['models[0].id must be a text']],
    ['an empty id', "models: [{ id: '' }]", ['models[0].id must be a text']],
    ['the same id twice', 'models: [{ id: a }, { id: a }]', ['the name a is given twice to a']],
    ['an alias that is an id', 'models: [{ id: a }, { id: b, aliases: [a] }]', ['the name a belongs to both a and b']],
    [
      'the same alias twice',
      'models: [{ id: a, aliases: [x] }, { id: b, aliases: [x] }]',
      ['the name x belongs to both a and b'],
    ],
    ['a virtual id', 'models: [{ id: auto }]', ['the name auto is reserved for the default model of a tier']],
    [
      'a virtual alias',
      'models: [{ id: a, aliases: [main] }]',
      ['the name main is reserved for the default model of a tier'],
    ],
    ['an alias that is no list', 'models: [{ id: a, aliases: b }]', ['models[0].aliases must be a list of texts']],
    [
      'a number among the fallbacks',
      'models: [{ id: a, fallbacks: [5] }]',
      ['models[0].fallbacks must be a list of texts'],
    ],
    ['a wrong tier', 'models: [{ id: a, tier: huge }]', ['models[0].tier must be one of small, main']],
    ['a preload that is a text', "models: [{ id: a, preload: 'yes' }]", ['models[0].preload must be true or false']],
    ['a wrong size', 'models: [{ id: a, memory: much }]', ['models[0].memory must be a size such as 512MiB or 16GiB']],
    [
      'a size that is a list',
      'models: [{ id: a, memory: [1] }]',
      ['models[0].memory must be a size such as 512MiB or 16GiB'],
    ],
    ['a fraction', 'models: [{ id: a, parallel: 1.5 }]', ['models[0].parallel must be a whole number from 1 to 1024']],
    [
      'a number that is text',
      "tiers: { main: { queueLength: '5' } }",
      ['tiers.main.queueLength must be a whole number from 0 to 100000'],
    ],
    [
      'a temperature of 3',
      'models: [{ id: a, defaults: { temperature: 3 } }]',
      ['models[0].defaults.temperature must be a number from 0 to 2'],
    ],
    [
      'no number at all',
      'uncatalogued: { parallel: .nan }',
      ['uncatalogued.parallel must be a whole number from 1 to 1024'],
    ],
    [
      'an unknown name in an adapter',
      'models: [{ id: a, adapters: [{ id: x, system: s, scale: 2 }] }]',
      ['models[0].adapters[0].scale is not a setting of the catalog'],
    ],
    [
      'an adapter without an id',
      'models: [{ id: a, adapters: [{ system: s }] }]',
      ['models[0].adapters[0].id is missing'],
    ],
    [
      'an adapter that changes nothing',
      'models: [{ id: a, adapters: [{ id: x, defaults: { temperature: 0 } }] }]',
      [
        'models[0].adapters[0] needs lora (a GGUF file), system (a text), or servedAs (a name at an OpenAI-compatible server)',
      ],
    ],
    [
      'an adapter with a colon in its id',
      'models: [{ id: a, adapters: [{ id: "x:y", system: s }] }]',
      ['models[0].adapters[0] has the id "x:y"; letters, digits, dots, dashes and underscores are allowed'],
    ],
    [
      'two adapters of one id',
      'models: [{ id: a, adapters: [{ id: x, system: s }, { id: x, system: t }] }]',
      ['the name a:x is given twice to a:x'],
    ],
    [
      'an adapter with the name of a model',
      'models: [{ id: a, adapters: [{ id: x, system: s }] }, { id: "a:x" }]',
      ['the name a:x is given twice to a:x'],
    ],
    [
      'an adapter with the alias of a model',
      'models: [{ id: a, aliases: [b], adapters: [{ id: x, system: s }] }, { id: c, aliases: ["b:x"] }]',
      ['the name b:x belongs to both a:x and c'],
    ],
    ['models that are a mapping', 'models: { id: a }', ['models must be a list']],
    ['a model that is a text', 'models: [gemma3]', ['models[0] must be a mapping']],
    ['a model that is nothing', 'models: [null]', ['models[0] must be a mapping']],
    ['tiers that are a list', 'tiers: []', ['tiers must be a mapping']],
    ['a list', '[]', ['it must be a mapping with models and tiers']],
    ['a text', 'hello', ['it must be a mapping with models and tiers']],
  ])('is refused for %s', (_, yaml, problems) => {
    expect(problemsOf(yaml)).toEqual(problems);
  });

  it.each(['models: [', 'a: 1\na: 2'])('is refused when it is not valid YAML: %j', (yaml) => {
    expect(problemsOf(yaml)).toEqual([expect.stringMatching(/^it is not valid YAML: /)]);
  });

  it('is refused with all problems at once, and the name of the file', () => {
    const read = (): unknown => parseCatalog('huge: 1\nmodels: [{ id: a, tier: x }]', '/etc/catalog.yaml');
    expect(read).toThrow(
      /^The model catalog \/etc\/catalog\.yaml has 2 problems:\n {2}- models\[0\]\.tier[^]*\n {2}- huge/,
    );
  });
});

describe('the catalogs that come with the program', () => {
  const DOCUMENTED = ['gpt-oss:20b', 'qwen3:30b', 'devstral', 'gemma3'];
  const GIB = 2 ** 30;

  it('have the models of the documents with their memory', () => {
    const { catalog } = loadCatalog('');
    expect(catalog.models.map(({ id, memory }) => [id, memory])).toEqual([
      ['gpt-oss:20b', 16 * GIB],
      ['qwen3:30b', 24 * GIB],
      ['devstral', 14 * GIB],
      ['gemma3', 12 * GIB],
    ]);
  });

  it('know both spellings of the documents', () => {
    const index = loadCatalog('');
    for (const name of ['gpt-oss-20b', 'gpt-oss', 'gpt-oss:20b']) expect(index.find(name)?.id).toBe('gpt-oss:20b');
  });

  it.each(['libs/config/catalog.yaml', 'config/catalog.demo.yaml'])(
    '%s has the documented limits and a default model for each tier',
    (path) => {
      const { tiers, models } = parseCatalog(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'), path);
      expect([tiers.small.requestsPerMinute, tiers.small.tokensPerMinute]).toEqual([40, 20_000]);
      expect([tiers.main.requestsPerMinute, tiers.main.tokensPerMinute]).toEqual([10, 50_000]);
      const ids = models.map((model) => model.id);
      expect(ids).toEqual(expect.arrayContaining(DOCUMENTED));
      for (const tier of [tiers.small, tiers.main]) expect(ids).toContain(tier.defaultModel);
    },
  );

  it('the demo falls back to a model of its own for every documented name', () => {
    const path = 'config/catalog.demo.yaml';
    const { models } = parseCatalog(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'), path);
    const ids = models.map((model) => model.id);
    for (const model of models.filter(({ id }) => DOCUMENTED.includes(id))) {
      expect(model.fallbacks).not.toHaveLength(0);
      for (const fallback of model.fallbacks) expect(ids).toContain(fallback);
    }
  });

  it('say which setting to check when a file cannot be read', () => {
    expect(() => loadCatalog('no/such/catalog.yaml')).toThrow(
      /no\/such\/catalog\.yaml has a problem:\n {2}- it cannot be read \(ENOENT\); check CATALOG/,
    );
  });
});

describe('the files of a catalog', () => {
  let folder: string;
  let catalog: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'catalog-'));
    catalog = path.join(folder, 'catalog.yaml');
    writeFileSync(catalog, 'models: [{ id: a, adapters: [{ id: x, lora: x.gguf }, { id: y, lora: /there/y.gguf }] }]');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('are named from the folder of the catalog', () => {
    const [a] = loadCatalog(catalog).catalog.models;
    expect(a?.adapters.map(({ lora }) => lora)).toEqual([path.join(folder, 'x.gguf'), path.resolve('/there/y.gguf')]);
  });

  it('are looked for at start by the service that opens them, and all that is wrong is told', () => {
    writeFileSync(path.join(folder, 'x.gguf'), 'safetensors');
    expect(() => loadCatalog(catalog, { files: true })).toThrow(
      [
        `The model catalog ${catalog} has 2 problems:`,
        `  - the LoRA file ${path.join(folder, 'x.gguf')} of a:x is not a GGUF file; convert it with convert_lora_to_gguf.py`,
        `  - the LoRA file ${path.resolve('/there/y.gguf')} of a:y cannot be read (ENOENT)`,
      ].join('\n'),
    );
  });

  it('are taken as they are when they begin like GGUF', () => {
    writeFileSync(catalog, 'models: [{ id: a, adapters: [{ id: x, lora: x.gguf }] }]');
    writeFileSync(path.join(folder, 'x.gguf'), 'GGUF and more');
    expect(loadCatalog(catalog, { files: true }).find('a:x')?.id).toBe('a:x');
  });
});
