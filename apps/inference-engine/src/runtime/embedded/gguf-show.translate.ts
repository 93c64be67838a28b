import type { ModelDetails, ShownModel } from '@local-llm-agent/contracts';
import { toCapabilityNames } from '../capability-names.translate.js';
import type { ModelCapabilities } from '../runtime.contract.js';

/** A GGUF file as it was read. */
export interface GgufContent {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly tensors: readonly {
    readonly name: string;
    readonly shape: readonly (bigint | number)[];
    readonly dtype: number;
  }[];
  readonly parameters: number;
}

/** Names of GGML's numbers for kinds of weights. */
export type TypeNames = Readonly<Record<number, string>>;

const THOUSAND = 1e3;
const MILLION = 1e6;
const BILLION = 1e9;

/** A count as Ollama writes it: 134.52M, 8B, 30.5B. */
export function toHumanNumber(count: number): string {
  const scaled = (unit: number, digits: number): string => {
    const number = count / unit;
    return Number.isInteger(number) ? String(number) : number.toFixed(digits);
  };
  if (count >= BILLION) return `${scaled(BILLION, 1)}B`;
  if (count >= MILLION) return `${scaled(MILLION, 2)}M`;
  return count >= THOUSAND ? `${Math.floor(count / THOUSAND)}K` : String(count);
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What the file says about the kind and size of its model. */
export function toModelDetails(content: GgufContent, fileTypes: TypeNames): ModelDetails {
  const family = textOf(content.metadata['general.architecture']);
  const fileType = content.metadata['general.file_type'];
  return {
    parent_model: '',
    format: 'gguf',
    family,
    families: family === '' ? [] : [family],
    parameter_size: toHumanNumber(content.parameters),
    quantization_level: (typeof fileType === 'number' ? fileTypes[fileType] : undefined) ?? 'unknown',
  };
}

function toJsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return Array.isArray(value) ? value.map(toJsonValue) : value;
}

/** Fields of the file's frame, and those that are told elsewhere. */
const NOT_INFO = new Set(['version', 'tensor_count', 'kv_count', 'general.name', 'tokenizer.chat_template']);

/** The metadata; lists, which may have a hundred thousand entries, only when all is wanted. */
function toModelInfo(content: GgufContent, verbose: boolean): Record<string, unknown> {
  const entries = Object.entries(content.metadata)
    .filter(([key]) => !NOT_INFO.has(key))
    .map(([key, value]) => [key, Array.isArray(value) && !verbose ? null : toJsonValue(value)] as const);
  return Object.fromEntries([...entries, ['general.parameter_count', content.parameters] as const].sort());
}

/** All about a model, as `/api/show` tells it. */
export function toShownModel(
  content: GgufContent,
  model: { name: string; created: number; capabilities: ModelCapabilities; verbose: boolean },
  types: { file: TypeNames; tensor: TypeNames },
): ShownModel {
  const { name, created, capabilities, verbose } = model;
  const license = textOf(content.metadata['general.license']);
  const tensors = content.tensors.map(({ name: tensor, shape, dtype }) => ({
    name: tensor,
    type: types.tensor[dtype] ?? String(dtype),
    shape: shape.map(Number),
  }));
  return {
    ...(license === '' ? {} : { license }),
    modelfile: `# A GGUF file in MODELS_DIR. To make another model of it:\nFROM ${name}\n`,
    template: textOf(content.metadata['tokenizer.chat_template']),
    details: toModelDetails(content, types.file),
    model_info: toModelInfo(content, verbose),
    ...(verbose ? { tensors } : {}),
    capabilities: toCapabilityNames(capabilities),
    modified_at: new Date(created * 1000).toISOString(),
  };
}
