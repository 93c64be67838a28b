import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CatalogIndex } from './catalog.index.js';
import { CatalogError, parseCatalog } from './catalog.parse.js';

/** The catalog that comes with the program. */
const SHIPPED = fileURLToPath(new URL('../catalog.yaml', import.meta.url));

/** Reads the catalog from a path, or the shipped one when the path is empty. Throws a {@link CatalogError}. */
export function loadCatalog(path: string): CatalogIndex {
  const source = path === '' ? SHIPPED : path;
  let yaml: string;
  try {
    yaml = readFileSync(source, 'utf8');
  } catch (error) {
    throw new CatalogError(source, [
      `it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}); check CATALOG`,
    ]);
  }
  return new CatalogIndex(parseCatalog(yaml, source));
}
