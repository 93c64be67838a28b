import type { Tier } from '@local-llm-agent/contracts';
import { VIRTUAL_MODELS } from './catalog.parse.js';
import type { Catalog, CatalogModel } from './catalog.types.js';

/** Looks models up by id or alias, and tells which tier serves a name. */
export class CatalogIndex {
  private readonly byName = new Map<string, CatalogModel>();

  constructor(readonly catalog: Catalog) {
    for (const model of catalog.models) for (const name of [model.id, ...model.aliases]) this.byName.set(name, model);
  }

  /** The model with this id or alias. */
  find(name: string): CatalogModel | undefined {
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
