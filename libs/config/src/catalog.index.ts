import type { Tier } from '@local-llm-agent/contracts';
import { namesOf, toAdapted } from './adapted-model.policy.js';
import { VIRTUAL_MODELS } from './catalog.parse.js';
import type { AdaptedModel, Catalog, CatalogModel } from './catalog.types.js';

/** Looks models up by id or alias, and tells which tier serves a name. */
export class CatalogIndex {
  /** Every model that a request can name: those of the catalog, each followed by its adapters. */
  readonly models: readonly (CatalogModel | AdaptedModel)[];
  private readonly byName = new Map<string, CatalogModel | AdaptedModel>();

  constructor(readonly catalog: Catalog) {
    this.models = catalog.models.flatMap((base) => [base, ...base.adapters.map((each) => toAdapted(base, each))]);
    for (const model of this.models) for (const name of namesOf(model)) this.byName.set(name, model);
  }

  /** The model with this id or alias; a base with an adapter over it is a model of its own. */
  find(name: string): CatalogModel | AdaptedModel | undefined {
    return this.byName.get(name);
  }

  /** The model for requests that name none: the default of the main tier, else of the small one, else `auto`. */
  get defaultModel(): string {
    const { main, small } = this.catalog.tiers;
    return main.defaultModel ?? small.defaultModel ?? 'auto';
  }

  /** Whether the name stands for a tier's default model. */
  isVirtual(name: string): boolean {
    return VIRTUAL_MODELS.includes(name);
  }

  /** The tier of this name. That of `auto` depends on the request, and is decided by the gateway: small if nobody did. */
  tierOf(name: string): Tier {
    if (name === 'small' || name === 'main') return name;
    if (name === 'auto') return 'small';
    return this.byName.get(name)?.tier ?? this.catalog.uncatalogued.tier;
  }
}
