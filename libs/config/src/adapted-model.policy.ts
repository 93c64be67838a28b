import type { AdaptedModel, CatalogAdapter, CatalogModel } from './catalog.types.js';

/** Every name of a model: its id, then its aliases. */
export function namesOf(model: CatalogModel): readonly string[] {
  return [model.id, ...model.aliases];
}

/** The base with the adapter over it, under every name of the base, a colon, and the adapter's id. */
export function toAdapted(base: CatalogModel, adapter: CatalogAdapter): AdaptedModel {
  const under = (name: string): string => `${name}:${adapter.id}`;
  return {
    ...base,
    id: under(base.id),
    aliases: base.aliases.map(under),
    description: adapter.description,
    defaults: { ...base.defaults, ...adapter.defaults },
    adapters: [],
    // They share the base's place in memory, which is governed by the base alone.
    preload: false,
    base,
    adapter,
  };
}

/** Whether the model is a base with an adapter over it. */
export function isAdapted(model: CatalogModel): model is AdaptedModel {
  return 'adapter' in model;
}
