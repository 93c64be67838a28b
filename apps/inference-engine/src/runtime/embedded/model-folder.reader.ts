import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gguf } from '@huggingface/gguf';
import { backendUnavailable, modelNotFound, type ApiError } from '@local-llm-agent/contracts';
import type { InstalledModel } from '../runtime.contract.js';
import { parseGgufMetadata, type FileMetadata } from './gguf-metadata.parse.js';
import { parseModelFiles } from './model-files.parse.js';

/** A model of the folder and where it is. */
export interface FoundModel extends InstalledModel {
  /** Names of its files in the folder, in order. */
  readonly files: readonly string[];
  /** The file to open; further parts are found from it. */
  readonly path: string;
  /** Changes when the model does. */
  readonly version: string;
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function unreadable(cause: unknown): ApiError {
  return backendUnavailable('The folder MODELS_DIR cannot be read. Check its permissions.', {
    origin: 'runtime',
    cause,
  });
}

/** Reads what GGUF models are in a folder and what they are made of. */
export class ModelFolderReader {
  private readonly described = new Map<
    string,
    { readonly version: string; readonly metadata: Promise<FileMetadata> }
  >();

  constructor(private readonly folder: string) {}

  /** Every model of the folder; none when there is no such folder. */
  async list(): Promise<FoundModel[]> {
    let names: string[];
    try {
      names = await readdir(this.folder);
    } catch (error) {
      if (isMissing(error)) return [];
      throw unreadable(error);
    }
    const models = await Promise.all(parseModelFiles(names).map(({ name, files }) => this.look(name, files)));
    return models.filter((model) => model !== undefined);
  }

  /** The file to open for this model. Throws `model_not_found`. */
  async pathOf(name: string): Promise<string> {
    return (await this.find(name)).path;
  }

  /** What the model is made of, read once for each version of its file. */
  async describe(name: string): Promise<FileMetadata> {
    const model = await this.find(name);
    const known = this.described.get(name);
    if (known?.version === model.version) return known.metadata;
    const metadata = readMetadata(model);
    this.described.set(name, { version: model.version, metadata });
    metadata.catch(() => {
      // The caller gets the error; the next one reads again.
      if (this.described.get(name)?.metadata === metadata) this.described.delete(name);
    });
    return metadata;
  }

  /** The model of this name. Throws `model_not_found`. */
  async find(name: string): Promise<FoundModel> {
    const model = (await this.list()).find((candidate) => candidate.name === name);
    if (model === undefined) throw modelNotFound(`The model ${name} is not in MODELS_DIR.`);
    return model;
  }

  private async look(name: string, files: readonly string[]): Promise<FoundModel | undefined> {
    try {
      const stats = await Promise.all(files.map((file) => stat(join(this.folder, file))));
      if (!stats.every((file) => file.isFile())) return undefined;
      const sizeBytes = stats.reduce((sum, file) => sum + file.size, 0);
      const newest = stats.reduce((latest, file) => Math.max(latest, file.mtimeMs), 0);
      const path = join(this.folder, files[0] ?? '');
      return {
        name,
        files,
        created: Math.floor(newest / 1000),
        sizeBytes,
        path,
        version: `${path}|${newest}|${sizeBytes}`,
      };
    } catch (error) {
      // A file that went away since the folder was read, or a link to nowhere.
      if (isMissing(error)) return undefined;
      throw unreadable(error);
    }
  }
}

async function readMetadata(model: FoundModel): Promise<FileMetadata> {
  try {
    const { metadata } = await gguf(model.path, { allowLocalFile: true });
    return parseGgufMetadata(metadata as unknown as Readonly<Record<string, unknown>>, model.sizeBytes);
  } catch (cause) {
    throw backendUnavailable(`The file of the model ${model.name} is not a readable GGUF file. Fetch it again.`, {
      origin: 'runtime',
      cause,
    });
  }
}
