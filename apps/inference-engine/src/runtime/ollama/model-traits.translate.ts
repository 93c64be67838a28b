import type { ModelCapabilities } from '../runtime.contract.js';
import { fieldsOf, listOf, textOf } from './fields.parse.js';

/** What the adapter has to know of a model to speak with it. */
export interface ModelTraits {
  readonly capabilities: ModelCapabilities;
  /** How it is told to think: gpt-oss knows levels and cannot be stopped, the others only yes and no. */
  readonly thinksBy: 'levels' | 'switch';
}

const HARMONY_FAMILIES = ['gptoss', 'gpt-oss'];

/**
 * What the answer of `/api/show` says of the model's abilities. A chat model counts as one that embeds: models on
 * llama.cpp do, and Ollama refuses the call for those that do not. Versions of Ollama before 0.6.4 list nothing.
 */
export function toTraits(show: unknown): ModelTraits {
  const fields = fieldsOf(show);
  const listed = fields?.capabilities;
  const can = (capability: string): boolean => listOf(listed).includes(capability);
  const generation = Array.isArray(listed) && listed.length > 0 ? can('completion') : true;
  return {
    capabilities: {
      generation,
      embedding: generation || can('embedding'),
      vision: can('vision'),
      infill: can('insert'),
      tools: can('tools') ? 'native' : 'none',
      thinking: can('thinking') ? 'native' : 'none',
    },
    thinksBy: HARMONY_FAMILIES.includes(textOf(fieldsOf(fields?.details)?.family)) ? 'levels' : 'switch',
  };
}
