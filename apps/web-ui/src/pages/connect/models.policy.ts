/** Names that stand for the default model of a tier, and for a model by what the request needs. */
const VIRTUAL = new Set(['auto', 'small', 'main']);

/** The model for a snippet before one is chosen: the first real one, else the name that is always answered. */
export function firstModel(models: readonly string[]): string {
  return models.find((model) => !VIRTUAL.has(model)) ?? 'auto';
}
