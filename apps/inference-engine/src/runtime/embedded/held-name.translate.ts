import type { ModelPurpose } from '../runtime.contract.js';

/** Ends the held name of a model that is in memory for embeddings. No model file is listed whose name ends so. */
export const EMBEDDING_MARK = '#embedding';

/** The name under which a model is in memory for a purpose: each purpose has a process of its own. */
export function toHeldName(model: string, purpose: ModelPurpose): string {
  return purpose === 'embedding' ? `${model}${EMBEDDING_MARK}` : model;
}

/** The model and the purpose of a held name. */
export function fromHeldName(name: string): { readonly model: string; readonly purpose: ModelPurpose } {
  return name.endsWith(EMBEDDING_MARK)
    ? { model: name.slice(0, -EMBEDDING_MARK.length), purpose: 'embedding' }
    : { model: name, purpose: 'generation' };
}
