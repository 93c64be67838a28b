import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { GGMLFileQuantizationType, GGMLQuantizationType, gguf } from '@huggingface/gguf';
import { backendUnavailable, type ModelDetails } from '@local-llm-agent/contracts';
import { toModelDetails, type GgufContent, type TypeNames } from './gguf-show.translate.js';
import type { FoundModel } from './model-folder.reader.js';

/** Names of the kinds of weights: of a whole file, and of one tensor. */
export const TYPE_NAMES: { readonly file: TypeNames; readonly tensor: TypeNames } = {
  file: GGMLFileQuantizationType,
  tensor: GGMLQuantizationType,
};

/** What a list of models says about each. */
export interface ModelSummary {
  readonly details: ModelDetails;
  readonly digest: string;
}

/** Bytes from either end of a file that its fingerprint is made of: all metadata that differ, and some weights. */
const SAMPLE_BYTES = 2 ** 20;

/**
 * Stands for the SHA-256 of the whole file, which would take minutes for a large model: that of its size, its first
 * and its last MiB. Copies have the same one.
 */
async function fingerprintOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const hash = createHash('sha256').update(String(size));
    for (const position of [0, Math.max(0, size - SAMPLE_BYTES)]) {
      const sample = Buffer.alloc(Math.min(SAMPLE_BYTES, size));
      const { bytesRead } = await file.read(sample, 0, sample.length, position);
      hash.update(sample.subarray(0, bytesRead));
    }
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}

/** Reads the head of a GGUF file. Throws `backend_unavailable` for what is none; the message says `what`. */
export async function readGguf(path: string, what: string): Promise<GgufContent> {
  try {
    const { metadata, tensorInfos, parameterCount } = await gguf(path, {
      allowLocalFile: true,
      computeParametersCount: true,
    });
    const tensors = tensorInfos.map(({ name, shape, dtype }) => ({ name, shape, dtype }));
    return { metadata: metadata as unknown as GgufContent['metadata'], tensors, parameters: parameterCount };
  } catch (cause) {
    throw backendUnavailable(`${what} is not a readable GGUF file. Fetch it again.`, { origin: 'runtime', cause });
  }
}

/** Knows what is in model files; each version of a file is read once. */
export class ModelContentReader {
  private readonly summaries = new Map<string, { readonly version: string; readonly summary: Promise<ModelSummary> }>();

  /** What a list says about the model. */
  summary(model: FoundModel): Promise<ModelSummary> {
    const known = this.summaries.get(model.name);
    if (known?.version === model.version) return known.summary;
    const summary = this.read(model);
    this.summaries.set(model.name, { version: model.version, summary });
    summary.catch(() => {
      // The caller gets the error; the next one reads again.
      if (this.summaries.get(model.name)?.summary === summary) this.summaries.delete(model.name);
    });
    return summary;
  }

  private async read(model: FoundModel): Promise<ModelSummary> {
    const [content, digest] = await Promise.all([
      readGguf(model.path, `The file of the model ${model.name}`),
      fingerprintOf(model.path),
    ]);
    return { details: toModelDetails(content, TYPE_NAMES.file), digest };
  }
}
