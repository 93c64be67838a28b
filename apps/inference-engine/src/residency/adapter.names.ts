import { namesOf, type AdaptedModel, type CatalogIndex } from '@local-llm-agent/config';

/** Names told in a message at most. */
const MOST_NAMES = 20;

/** Names under which an OpenAI-compatible server may list the adapter, the likeliest first. */
export function upstreamNames(model: AdaptedModel): readonly string[] {
  const { servedAs, id } = model.adapter;
  return servedAs === undefined ? [...namesOf(model), id] : [servedAs];
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, MOST_NAMES).join(', ')}${names.length > MOST_NAMES ? ', ...' : ''}`;
}

/**
 * What to tell of a name that nothing answers for.
 * 1. An adapter of the catalog whose base is there: the runtime does not have it.
 * 2. The name of a model and something after a colon: the adapters of that model.
 * 3. Else the models that are installed.
 */
export function missingModel(
  name: string,
  catalog: CatalogIndex,
  installed: readonly string[],
  hasOllama: boolean,
): string {
  const colon = name.lastIndexOf(':');
  const base = colon > 0 ? catalog.find(name.slice(0, colon)) : undefined;
  const adapters = base?.adapters ?? [];
  const isThere = base !== undefined && namesOf(base).some((each) => installed.includes(each));
  // 1.
  const adapter = adapters.find(({ id }) => id === name.slice(colon + 1));
  if (adapter && isThere)
    return `No runtime in use has the adapter '${adapter.id}' of ${base.id}. An OpenAI-compatible server has to list it (vLLM: --lora-modules ${adapter.id}=PATH), under that name or the one in servedAs.`;
  // 2.
  if (!adapter && adapters.length > 0 && isThere)
    return `The model '${base.id}' has no adapter '${name.slice(colon + 1)}'. It has: ${listed(adapters.map(({ id }) => id))}.`;
  // 3.
  const there = installed.length === 0 ? 'No model is installed.' : `Installed: ${listed(installed)}.`;
  const how = hasOllama ? `run 'ollama pull NAME'` : 'put its GGUF file into MODELS_DIR';
  return `The model '${name}' is not installed. ${there} To add a model, ${how}.`;
}
