import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CatalogIndex } from './catalog.index.js';
import { CatalogError, parseCatalog } from './catalog.parse.js';
import type { Catalog } from './catalog.types.js';

/** The catalog that comes with the program. */
const SHIPPED = fileURLToPath(new URL('../catalog.yaml', import.meta.url));

const MAGIC = 'GGUF';

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown reason';
}

/**
 * Reads the catalog from a path, or the shipped one when the path is empty. Throws a {@link CatalogError}. With `files`
 * the files it names are looked at, too: that is for the service that opens them.
 */
export function loadCatalog(file: string, options: { readonly files?: boolean } = {}): CatalogIndex {
  const source = file === '' ? SHIPPED : file;
  let yaml: string;
  try {
    yaml = readFileSync(source, 'utf8');
  } catch (error) {
    throw new CatalogError(source, [`it cannot be read (${codeOf(error)}); check CATALOG`]);
  }
  const catalog = withFullPaths(parseCatalog(yaml, source), path.dirname(path.resolve(source)));
  const problems = options.files === true ? fileProblems(catalog) : [];
  if (problems.length > 0) throw new CatalogError(source, problems);
  return new CatalogIndex(catalog);
}

function withFullPaths(catalog: Catalog, folder: string): Catalog {
  const models = catalog.models.map((model) => ({
    ...model,
    adapters: model.adapters.map((adapter) => ({
      ...adapter,
      lora: adapter.lora === undefined ? undefined : path.resolve(folder, adapter.lora),
    })),
  }));
  return { ...catalog, models };
}

function fileProblems(catalog: Catalog): string[] {
  return catalog.models.flatMap(({ id, adapters }) =>
    adapters.flatMap(({ id: adapter, lora }) => {
      const problem = lora === undefined ? undefined : fileProblem(lora);
      return problem === undefined ? [] : [`the LoRA file ${lora} of ${id}:${adapter} ${problem}`];
    }),
  );
}

/** What is wrong with a file that should be GGUF. What is inside is checked by the runtime that opens it. */
function fileProblem(file: string): string | undefined {
  const head = Buffer.alloc(MAGIC.length);
  try {
    const descriptor = openSync(file, 'r');
    try {
      readSync(descriptor, head, 0, head.length, 0);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return `cannot be read (${codeOf(error)})`;
  }
  return head.toString('latin1') === MAGIC ? undefined : 'is not a GGUF file; convert it with convert_lora_to_gguf.py';
}
