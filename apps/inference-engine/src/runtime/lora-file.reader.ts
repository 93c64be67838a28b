import { stat } from 'node:fs/promises';
import { gguf } from '@huggingface/gguf';
import { backendUnavailable, type ApiError } from '@local-llm-agent/contracts';
import type { LoraAdapter } from './runtime.contract.js';

/** What the file of a LoRA says of itself. */
export interface LoraFile {
  readonly sizeBytes: number;
  /** Of the models it was made for, such as `llama`. */
  readonly architecture: string;
}

function unusable(message: string, cause?: unknown): ApiError {
  return backendUnavailable(message, { origin: 'runtime', cause });
}

/** Reads the head of a LoRA file. Throws `backend_unavailable` for a file that is none, with what to do. */
export async function readLoraFile({ name, path }: LoraAdapter): Promise<LoraFile> {
  let fields: Readonly<Record<string, unknown>>;
  let sizeBytes: number;
  try {
    sizeBytes = (await stat(path)).size;
    const { metadata } = await gguf(path, { allowLocalFile: true });
    fields = metadata as unknown as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw unusable(`The LoRA file of ${name} cannot be read. Check its path in the catalog, and the file.`, cause);
  }
  const architecture = fields['general.architecture'];
  if (fields['general.type'] === 'adapter' && fields['adapter.type'] === 'lora' && typeof architecture === 'string')
    return { sizeBytes, architecture };
  throw unusable(`The file of ${name} is GGUF, but no LoRA. Make one with convert_lora_to_gguf.py of llama.cpp.`);
}

/** Throws `backend_unavailable` for a LoRA that was made for another kind of model. */
export function assertArchitecture({ name }: LoraAdapter, lora: string, model: string): void {
  if (lora === model) return;
  throw unusable(
    `The LoRA of ${name} was made for models of the architecture ${lora}, but its base is of ${model}. Make it from the same base.`,
  );
}
