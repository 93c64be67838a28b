import { LONGEST_MODEL_NAME, TIERS, permissionDenied, withoutLatest, type Tier } from '@local-llm-agent/contracts';
import type { CatalogIndex } from '@local-llm-agent/config';
import type { Caller } from './caller.types.js';

/** Paths that need no key, by method. What they tell is no secret of the installation. */
const OPEN: readonly { readonly methods: readonly string[]; readonly paths: RegExp }[] = [
  // Probes, the status text, and the heartbeat of Ollama's clients.
  { methods: ['GET', 'HEAD'], paths: /^\/(?:health(?:\/.*)?|api\/version)?$/ },
  // The documentation of the API and the files of the web page are the same everywhere.
  { methods: ['GET', 'HEAD'], paths: /^\/(?:docs(?:\/.*)?|openapi\.json|assets\/.*)$/ },
];

/** Whether the path may be asked without a key. */
export function isOpen(method: string, path: string): boolean {
  // A question of a browser before its request carries no key, and no route of ours answers it.
  if (method === 'OPTIONS') return true;
  return OPEN.some(({ methods, paths }) => methods.includes(method) && paths.test(path));
}

/** Where the request for metrics comes from, as far as it can be told. */
export interface Origin {
  readonly address: string;
  /** Whether a proxy says that it passes the request on for somebody else. */
  readonly forwarded: boolean;
}

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/** Whether metrics may be read from there without a key. */
export function mayReadMetrics(access: 'loopback' | 'open' | 'key', { address, forwarded }: Origin): boolean {
  if (access === 'loopback') return LOOPBACK.test(address) && !forwarded;
  return access === 'open';
}

/**
 * The id by which a model is allowed: that of the catalog for its id and aliases, the default model for the name of a
 * tier, else the name itself without Ollama's `:latest`. `auto` stands for the tier that was decided.
 */
export function modelIdOf(catalog: CatalogIndex, name: string, tier: Tier): string {
  const plain = withoutLatest(name);
  if (catalog.isVirtual(plain)) {
    const { defaultModel } = catalog.catalog.tiers[plain === 'auto' ? tier : (plain as Tier)];
    return defaultModel === undefined ? plain : (catalog.find(defaultModel)?.id ?? withoutLatest(defaultModel));
  }
  return (catalog.find(name) ?? catalog.find(plain))?.id ?? plain;
}

/** Whether the caller may use the model of this id or alias, in this tier or, without one, in any. */
export function mayUseModel(caller: Caller, catalog: CatalogIndex, name: string, tier?: Tier): boolean {
  const { models } = caller;
  if (models === undefined) return true;
  return (tier === undefined ? TIERS : [tier]).some((each) => {
    const id = modelIdOf(catalog, name, each);
    return models.some((allowed) => modelIdOf(catalog, allowed, each) === id);
  });
}

/** Throws a 403 that names the model when the caller may not use it, in this tier or, without one, in any. */
export function requireModel(caller: Caller, catalog: CatalogIndex, name: string, tier?: Tier): void {
  if (mayUseModel(caller, catalog, name, tier)) return;
  throw permissionDenied(
    `This key may not use the model '${name.slice(0, LONGEST_MODEL_NAME)}'. GET /v1/models lists those that it may use.`,
    { reason: 'model', param: 'model' },
  );
}
