import { EMBEDDING_MARK } from './held-name.translate.js';

/** The files that make up one model, the one to open first. */
export interface ModelFiles {
  readonly name: string;
  readonly files: readonly string[];
}

const MODEL_FILE = /^(?<name>.+)\.gguf$/iu;
const PART = /^(?<name>.+)-(?<number>\d{5})-of-(?<total>\d{5})$/u;
/** Companion files of vision models: no models by themselves. */
const COMPANION = /^mmproj/iu;

/**
 * The models among the names of a folder's files. A model is named as its file without `.gguf`; one that is split into
 * `-00001-of-0000N` parts counts once, and only when all parts are there.
 */
export function parseModelFiles(fileNames: readonly string[]): ModelFiles[] {
  const models = new Map<string, ModelFiles>();
  const parts = new Map<string, { total: number; files: Map<number, string> }>();
  for (const file of fileNames) {
    const name = MODEL_FILE.exec(file)?.groups?.['name'];
    if (name === undefined || file.startsWith('.') || COMPANION.test(file) || name.endsWith(EMBEDDING_MARK)) continue;
    const part = PART.exec(name)?.groups;
    if (part === undefined) {
      models.set(name, { name, files: [file] });
      continue;
    }
    const key = `${part['name']}/${part['total']}`;
    const split = parts.get(key) ?? { total: Number(part['total']), files: new Map<number, string>() };
    split.files.set(Number(part['number']), file);
    parts.set(key, split);
  }
  for (const [key, { total, files }] of parts) {
    const name = key.slice(0, key.lastIndexOf('/'));
    const ordered = Array.from({ length: total }, (_, index) => files.get(index + 1));
    if (!models.has(name) && ordered.every((file) => file !== undefined)) models.set(name, { name, files: ordered });
  }
  return [...models.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
}
