import type { ModelRow } from './model-rows.translate';

/** What is known of a model, from whichever list tells it; undefined where none does. */
export interface ModelFactSheet {
  /** Bytes on disk. */
  readonly sizeBytes: number | undefined;
  /** Tokens of each slot: as loaded, else as it would be. */
  readonly contextLength: number | undefined;
  readonly slots: number | undefined;
  readonly hosts: readonly string[];
  readonly quantization: string | undefined;
  readonly parameters: string | undefined;
  readonly family: string | undefined;
  readonly format: string | undefined;
  /** ISO 8601. */
  readonly changedAt: string | undefined;
  readonly needBytes: number | undefined;
  readonly loadMs: number | undefined;
  readonly preload: boolean;
  readonly capabilities: readonly string[];
  readonly aliases: readonly string[];
  readonly adapters: readonly string[];
}

/** Runtimes say nothing in several ways. */
function told<T>(value: T | null | undefined): T | undefined {
  return value === null || value === '' || value === 0 ? undefined : value;
}

type TagFacts = Pick<ModelFactSheet, 'sizeBytes' | 'quantization' | 'parameters' | 'family' | 'format' | 'changedAt'>;

function tagFacts({ tag }: ModelRow): TagFacts {
  const { families = [], family } = tag?.details ?? {};
  return {
    sizeBytes: told(tag?.size),
    quantization: told(tag?.details.quantization_level),
    parameters: told(tag?.details.parameter_size),
    family: told(families.length > 0 ? families.join(', ') : family),
    format: told(tag?.details.format),
    changedAt: tag?.modified_at,
  };
}

/** All that is known of a model, in one place. */
export function toFactSheet(row: ModelRow): ModelFactSheet {
  const { plan, residents } = row;
  const [resident] = residents;
  const facts = resident ?? plan;
  return {
    ...tagFacts(row),
    contextLength: told(facts?.contextLength),
    slots: told(facts?.slots),
    hosts: plan && plan.runtimes.length > 0 ? plan.runtimes : residents.map(({ runtime }) => runtime),
    needBytes: told(plan?.needBytes),
    loadMs: told(plan?.loadMs),
    preload: plan?.preload === true,
    capabilities: plan?.capabilities ?? [],
    aliases: plan?.aliases ?? [],
    adapters: plan?.adapters ?? [],
  };
}
