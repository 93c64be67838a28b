import type { EngineModel, ModelList, ModelObject } from '@local-llm-agent/contracts';

/** A model of the engine as OpenAI's model object. */
export function toModelObject(model: EngineModel): ModelObject {
  return { id: model.id, object: 'model', created: model.created, owned_by: model.ownedBy };
}

/** The models of the engine as OpenAI's list. */
export function toModelList(models: readonly EngineModel[]): ModelList {
  return { object: 'list', data: models.map(toModelObject) };
}
