import type {
  ManagementProgress,
  ModelDetails,
  RunningModel,
  ShownModel,
  TaggedModel,
} from '@local-llm-agent/contracts';
import type { Fault } from './ollama-error.translate.js';

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

function toDetails(value: unknown): ModelDetails {
  const details = fieldsOf(value) ?? {};
  return {
    parent_model: textOf(details['parent_model']),
    format: textOf(details['format']),
    family: textOf(details['family']),
    families: textsOf(details['families']),
    parameter_size: textOf(details['parameter_size']),
    quantization_level: textOf(details['quantization_level']),
  };
}

/** The models of a list; those that Ollama would ask a cloud for are left out. Undefined when the body is no list. */
function entriesOf(body: unknown): readonly Fields[] | undefined {
  const models = fieldsOf(body)?.['models'];
  if (!Array.isArray(models)) return undefined;
  return models.flatMap((item: unknown) => {
    const entry = fieldsOf(item);
    return entry && textOf(entry['name']) !== '' && textOf(entry['remote_host']) === '' ? [entry] : [];
  });
}

/** What `/api/tags` says; undefined when the body is something else. */
export function readTags(body: unknown): readonly TaggedModel[] | undefined {
  return entriesOf(body)?.map((entry) => ({
    name: textOf(entry['name']),
    model: textOf(entry['model']),
    modified_at: textOf(entry['modified_at']),
    size: numberOf(entry['size']),
    digest: textOf(entry['digest']),
    details: toDetails(entry['details']),
  }));
}

/** What `/api/ps` says; undefined when the body is something else. */
export function readRunning(body: unknown): readonly RunningModel[] | undefined {
  return entriesOf(body)?.map((entry) => ({
    name: textOf(entry['name']),
    model: textOf(entry['model']),
    size: numberOf(entry['size']),
    digest: textOf(entry['digest']),
    details: toDetails(entry['details']),
    expires_at: textOf(entry['expires_at']),
    size_vram: numberOf(entry['size_vram']),
    context_length: numberOf(entry['context_length']),
  }));
}

/** What `/api/show` says, with whatever else it tells; undefined when the body is something else. */
export function readShown(body: unknown): ShownModel | undefined {
  const shown = fieldsOf(body);
  if (!shown || !fieldsOf(shown['details'])) return undefined;
  return {
    ...shown,
    modelfile: textOf(shown['modelfile']),
    template: textOf(shown['template']),
    details: toDetails(shown['details']),
    model_info: fieldsOf(shown['model_info']) ?? {},
    capabilities: textsOf(shown['capabilities']),
    modified_at: textOf(shown['modified_at']),
  };
}

/** One line of a pull, a push or a creation; or what is wrong with it. */
export function readProgressLine(line: string): ManagementProgress | Fault {
  let parsed: Fields | undefined;
  try {
    parsed = fieldsOf(JSON.parse(line));
  } catch (cause) {
    return { type: 'fault', kind: 'garbage', sample: line, cause };
  }
  if (typeof parsed?.['error'] === 'string') return { type: 'fault', kind: 'failed', text: parsed['error'] };
  if (typeof parsed?.['status'] !== 'string') return { type: 'fault', kind: 'garbage', sample: line };
  const { status, digest, total, completed } = parsed;
  return {
    status,
    ...(typeof digest === 'string' ? { digest } : {}),
    ...(typeof total === 'number' ? { total } : {}),
    ...(typeof completed === 'number' ? { completed } : {}),
  };
}
