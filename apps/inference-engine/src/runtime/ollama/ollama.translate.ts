import type { InstalledModel, ResidentModel } from '../runtime.contract.js';
import { countOf, fieldsOf, listOf } from './fields.parse.js';
import { toTakenMemory } from './model-memory.translate.js';

/** The name without the tag that Ollama adds by itself, so that `smollm2` is the id of `smollm2:latest`. */
export function toModelId(name: string): string {
  return name.endsWith(':latest') ? name.slice(0, -':latest'.length) : name;
}

/** The rendered template, where Ollama gave one. */
export function readRendered(body: unknown): string | undefined {
  const text = fieldsOf(fieldsOf(body)?._debug_info)?.rendered_template;
  return typeof text === 'string' ? text : undefined;
}

/** A model as `/api/tags` and `/api/ps` name it. */
export interface ListedModel {
  readonly name: string;
  readonly digest: string | undefined;
  readonly size: number;
  /** The part of it on graphics cards; only of `/api/ps`, as the next. */
  readonly gpuSize?: number;
  readonly contextLength?: number;
  readonly modifiedAt: number;
}

/**
 * The models of `/api/tags` or `/api/ps`; undefined when the body is neither. Models that Ollama would ask a cloud for
 * are left out: prompts stay on the team's machines.
 */
export function readModels(body: unknown): readonly ListedModel[] | undefined {
  const models = fieldsOf(body)?.models;
  if (!Array.isArray(models)) return undefined;
  return listOf(models).flatMap((item) => {
    const entry = fieldsOf(item);
    const name = entry?.name ?? entry?.model;
    if (entry === undefined || typeof name !== 'string' || name === '' || (entry.remote_host ?? '') !== '') return [];
    const modified = typeof entry.modified_at === 'string' ? Date.parse(entry.modified_at) : Number.NaN;
    return [
      {
        name: toModelId(name),
        digest: typeof entry.digest === 'string' ? entry.digest : undefined,
        size: countOf(entry.size) ?? 0,
        gpuSize: countOf(entry.size_vram) ?? 0,
        contextLength: countOf(entry.context_length) ?? 0,
        modifiedAt: Number.isNaN(modified) ? 0 : Math.floor(modified / 1000),
      },
    ];
  });
}

/** A listed model in the words of the contract. */
export function toInstalledModel(model: ListedModel): InstalledModel {
  return { name: model.name, created: model.modifiedAt, sizeBytes: model.size };
}

/** A model of `/api/ps` in the words of the contract. */
export function toResidentModel(model: ListedModel): ResidentModel {
  return { name: model.name, ...toTakenMemory(model) };
}

/** The version of `/api/version`; undefined when something else answered. */
export function readVersion(body: unknown): string | undefined {
  const version = fieldsOf(body)?.version;
  return typeof version === 'string' ? version : undefined;
}

/** Whether `/api/embed` says that the model is loaded. */
export function isLoaded(body: unknown): boolean {
  return Array.isArray(fieldsOf(body)?.embeddings);
}

/** Tokens of the prompt that the answer of a call names; undefined when it names none. */
export function readPromptTokens(body: unknown): number | undefined {
  return countOf(fieldsOf(body)?.prompt_eval_count);
}

/** The vectors of `/api/embed`; undefined unless there are `count` of them. */
export function readVectors(body: unknown, count: number): readonly (readonly number[])[] | undefined {
  const vectors = listOf(fieldsOf(body)?.embeddings);
  const whole = vectors.every(
    (vector) => Array.isArray(vector) && vector.every((number) => typeof number === 'number'),
  );
  return whole && vectors.length === count ? vectors : undefined;
}
