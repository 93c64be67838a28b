import { withTag, type EngineModel, type TaggedModel } from '@local-llm-agent/contracts';

/**
 * The installed models, the newest first, and after them the names of the catalog that one of these answers for; their
 * `parent_model` says which.
 */
export function toServedTags(installed: readonly TaggedModel[], served: readonly EngineModel[]): TaggedModel[] {
  const byName = new Map(installed.map((model) => [model.name, model]));
  const others = served.flatMap(({ id, servedBy }): TaggedModel[] => {
    const name = withTag(id);
    const model = byName.get(withTag(servedBy));
    if (!model || byName.has(name)) return [];
    return [{ ...model, name, model: name, details: { ...model.details, parent_model: servedBy } }];
  });
  const newest = [...installed].sort((left, right) => Date.parse(right.modified_at) - Date.parse(left.modified_at));
  return [...newest, ...others];
}
