import type { ModelCapabilities } from './runtime.contract.js';

/**
 * What a model can do, in the words of the Ollama API. A chat model gives embeddings as well, but Ollama's clients take
 * one that says so for an embedding model only.
 */
export function toCapabilityNames(can: ModelCapabilities): string[] {
  return [
    ...(can.generation ? ['completion'] : []),
    ...(can.embedding && !can.generation ? ['embedding'] : []),
    ...(can.tools === 'none' ? [] : ['tools']),
    ...(can.infill ? ['insert'] : []),
    ...(can.vision ? ['vision'] : []),
    ...(can.thinking === 'none' ? [] : ['thinking']),
  ];
}
