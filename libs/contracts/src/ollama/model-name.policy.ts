import type { Problem } from '../validation/located.constraint.js';

/** Longest name of a model that is accepted. */
export const LONGEST_MODEL_NAME = 256;

/** `[[host[:port]/]namespace/]model[:tag]`, as Ollama takes it: no part begins with a dot, so none leads out of a folder. */
export const NEW_MODEL_NAME = /^(?:(?:\w[\w.-]*(?::\d{1,5})?\/)?\w[\w.-]*\/)?\w[\w.-]{0,79}(?::\w[\w.-]{0,79})?$/;

/** What is wrong with the name that a model is to get. */
export function newModelNameProblem(value: unknown, path: string): Problem | undefined {
  if (typeof value !== 'string' || value === '') return { path, message: 'must be the name of a model' };
  if (value.length <= LONGEST_MODEL_NAME && NEW_MODEL_NAME.test(value)) return undefined;
  return {
    path,
    message: 'must be a name such as my-model or my-model:8b: letters, digits, dots, dashes and underscores',
  };
}

/** The name without the tag that Ollama adds by itself: `smollm2:latest` is `smollm2`. */
export function withoutLatest(name: string): string {
  return name.endsWith(':latest') ? name.slice(0, -':latest'.length) : name;
}

/** The name with its tag, as Ollama lists it: `smollm2` is `smollm2:latest`. */
export function withTag(name: string): string {
  return name.includes(':', name.lastIndexOf('/') + 1) ? name : `${name}:latest`;
}
