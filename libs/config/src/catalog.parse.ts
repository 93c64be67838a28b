import { NEEDS, TIERS, isTier, type Need, type Tier } from '@local-llm-agent/contracts';
import { parse as parseYaml } from 'yaml';
import { namesOf, toAdapted } from './adapted-model.policy.js';
import type { Catalog, CatalogAdapter, CatalogModel, ModelDefaults, TierConfig } from './catalog.types.js';
import { parseBytes } from './settings.parse.js';

/** Names that are not models but a tier's default model. */
export const VIRTUAL_MODELS: readonly string[] = ['auto', ...TIERS];

const TIER_DEFAULTS: Readonly<Record<Tier, TierConfig>> = {
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
    autoTakes: NEEDS,
  },
};

type Raw = Readonly<Record<string, unknown>>;

/** Reads fields of one YAML mapping and collects what is wrong, unknown names included. */
class Reader {
  private readonly seen = new Set<string>();

  constructor(
    private readonly raw: Raw,
    private readonly path: string,
    readonly problems: string[],
  ) {}

  private take(name: string): unknown {
    this.seen.add(name);
    return this.raw[name] ?? undefined;
  }

  private problem(name: string, message: string): void {
    this.problems.push(`${this.path}${this.path ? '.' : ''}${name} ${message}`);
  }

  number(name: string, least: number, most: number, whole = true): number | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    const good = typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value));
    if (good) return value;
    this.problem(name, `must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}`);
    return undefined;
  }

  text(name: string): string | undefined {
    const value = this.take(name);
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    this.problem(name, 'must be a text');
    return undefined;
  }

  texts(name: string): readonly string[] {
    const value = this.take(name);
    if (value === undefined) return [];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== ''))
      return value as string[];
    this.problem(name, 'must be a list of texts');
    return [];
  }

  needs(name: string): readonly Need[] | undefined {
    if (this.raw[name] === undefined) return undefined;
    const texts = this.texts(name);
    const known = NEEDS.filter((need) => texts.includes(need));
    if (known.length < new Set(texts).size) this.problem(name, `must list some of ${NEEDS.join(', ')}`);
    return known;
  }

  boolean(name: string): boolean | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === 'boolean') return value;
    this.problem(name, 'must be true or false');
    return undefined;
  }

  bytes(name: string): number | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    try {
      return parseBytes(typeof value === 'number' || typeof value === 'string' ? String(value) : '?');
    } catch (error) {
      this.problem(name, error instanceof Error ? error.message : 'is invalid');
      return undefined;
    }
  }

  tier(name: string): Tier | undefined {
    const value = this.text(name);
    if (value === undefined || isTier(value)) return value;
    this.problem(name, `must be one of ${TIERS.join(', ')}`);
    return undefined;
  }

  object(name: string): Reader {
    const value = this.take(name);
    if (value !== undefined && (typeof value !== 'object' || Array.isArray(value)))
      this.problem(name, 'must be a mapping');
    const raw = typeof value === 'object' && !Array.isArray(value) ? (value as Raw) : {};
    return new Reader(raw, `${this.path}${this.path ? '.' : ''}${name}`, this.problems);
  }

  objects(name: string): Reader[] {
    const value = this.take(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.problem(name, 'must be a list');
      return [];
    }
    return value.flatMap((item: unknown, index) => {
      const at = `${name}[${index}]`;
      if (typeof item === 'object' && item !== null && !Array.isArray(item))
        return [new Reader(item as Raw, `${this.path}${this.path ? '.' : ''}${at}`, this.problems)];
      this.problem(at, 'must be a mapping');
      return [];
    });
  }

  /** Reports what is wrong with a value as a whole. */
  wrong(message: string): void {
    this.problems.push(`${this.path} ${message}`);
  }

  /** Reports a name that must be there, unless it is there and wrong. */
  missing(name: string): void {
    if (this.take(name) === undefined) this.problem(name, 'is missing');
  }

  /** Reports the names nobody asked for. */
  end(): void {
    for (const name of Object.keys(this.raw))
      if (!this.seen.has(name)) this.problem(name, 'is not a setting of the catalog');
  }
}

function readTier(reader: Reader, tier: Tier): TierConfig {
  const fallback = TIER_DEFAULTS[tier];
  const most = Number.MAX_SAFE_INTEGER;
  const config: TierConfig = {
    requestsPerMinute: reader.number('requestsPerMinute', 0, most) ?? fallback.requestsPerMinute,
    tokensPerMinute: reader.number('tokensPerMinute', 0, most) ?? fallback.tokensPerMinute,
    concurrency: reader.number('concurrency', 0, most) ?? fallback.concurrency,
    queueLength: reader.number('queueLength', 0, 100_000) ?? fallback.queueLength,
    maxWaitSeconds: reader.number('maxWaitSeconds', 0, 86_400, false) ?? fallback.maxWaitSeconds,
    timeoutSeconds: reader.number('timeoutSeconds', 1, 86_400) ?? fallback.timeoutSeconds,
    defaultModel: reader.text('defaultModel') ?? fallback.defaultModel,
    autoPromptTokens: reader.number('autoPromptTokens', 1, most) ?? fallback.autoPromptTokens,
    autoTakes: reader.needs('autoTakes') ?? fallback.autoTakes,
  };
  reader.end();
  return config;
}

function readDefaults(reader: Reader): ModelDefaults {
  const maxTokens = reader.number('maxTokens', 1, 2 ** 31 - 1);
  const temperature = reader.number('temperature', 0, 2, false);
  const topP = reader.number('topP', 0, 1, false);
  reader.end();
  return {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
  };
}

/** A part of a name such as `erp-core`: no colon, which parts it from the base, and no slash. */
const ADAPTER_ID = /^\w[\w.-]{0,79}$/;

function readAdapter(reader: Reader): CatalogAdapter {
  const adapter: CatalogAdapter = {
    id: reader.text('id') ?? '',
    description: reader.text('description') ?? '',
    lora: reader.text('lora'),
    system: reader.text('system'),
    servedAs: reader.text('servedAs'),
    defaults: readDefaults(reader.object('defaults')),
  };
  if (adapter.id === '') reader.missing('id');
  else if (!ADAPTER_ID.test(adapter.id))
    reader.wrong(`has the id ${JSON.stringify(adapter.id)}; letters, digits, dots, dashes and underscores are allowed`);
  if (adapter.lora === undefined && adapter.system === undefined && adapter.servedAs === undefined)
    reader.wrong('needs lora (a GGUF file), system (a text), or servedAs (a name at an OpenAI-compatible server)');
  reader.end();
  return adapter;
}

function readModel(reader: Reader): CatalogModel {
  const model: CatalogModel = {
    id: reader.text('id') ?? '',
    aliases: reader.texts('aliases'),
    tier: reader.tier('tier') ?? 'small',
    description: reader.text('description') ?? '',
    contextLength: reader.number('contextLength', 16, 100_000_000),
    memory: reader.bytes('memory'),
    parallel: reader.number('parallel', 1, 1024),
    defaults: readDefaults(reader.object('defaults')),
    runtime: reader.text('runtime'),
    preload: reader.boolean('preload') ?? false,
    pinned: reader.boolean('pinned') ?? false,
    ttlSeconds: reader.number('ttlSeconds', 0, 31_536_000),
    fallbacks: reader.texts('fallbacks'),
    adapters: reader.objects('adapters').map(readAdapter),
  };
  if (model.id === '') reader.missing('id');
  reader.end();
  return model;
}

function nameProblems(models: readonly CatalogModel[]): string[] {
  const owners = new Map<string, string>();
  const problems: string[] = [];
  for (const model of models.flatMap((base) => [base, ...base.adapters.map((adapter) => toAdapted(base, adapter))])) {
    for (const name of namesOf(model)) {
      if (name === '') continue;
      const owner = owners.get(name);
      if (owner === model.id) problems.push(`the name ${name} is given twice to ${model.id}`);
      else if (owner !== undefined) problems.push(`the name ${name} belongs to both ${owner} and ${model.id}`);
      if (VIRTUAL_MODELS.includes(name)) problems.push(`the name ${name} is reserved for the default model of a tier`);
      owners.set(name, model.id);
    }
  }
  return problems;
}

/** Raised for a catalog that cannot be used; the message lists every problem at once. */
export class CatalogError extends Error {
  constructor(source: string, problems: readonly string[]) {
    super(
      `The model catalog ${source} has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    );
    this.name = 'CatalogError';
  }
}

/** The YAML text of a catalog, checked and with defaults filled in. `source` is named in the {@link CatalogError}. */
export function parseCatalog(yaml: string, source: string): Catalog {
  let raw: unknown;
  try {
    raw = parseYaml(yaml) ?? {};
  } catch (error) {
    throw new CatalogError(source, [`it is not valid YAML: ${error instanceof Error ? error.message : String(error)}`]);
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    throw new CatalogError(source, ['it must be a mapping with models and tiers']);
  const problems: string[] = [];
  const reader = new Reader(raw as Raw, '', problems);
  const tiers = reader.object('tiers');
  const small = readTier(tiers.object('small'), 'small');
  const main = readTier(tiers.object('main'), 'main');
  tiers.end();
  const models = reader.objects('models').map(readModel);
  const other = reader.object('uncatalogued');
  const uncatalogued = {
    tier: other.tier('tier') ?? 'small',
    contextLength: other.number('contextLength', 16, 100_000_000) ?? 8192,
    parallel: other.number('parallel', 1, 1024) ?? 2,
  } as const;
  other.end();
  reader.end();
  problems.push(...nameProblems(models));
  if (problems.length > 0) throw new CatalogError(source, problems);
  return { tiers: { small, main }, models, uncatalogued };
}
