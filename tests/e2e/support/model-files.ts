import { copyFileSync, linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The key whose value is changed in a copy; the value follows as its type (4 bytes), length (8 bytes) and text. */
const NAME_KEY = Buffer.from('general.name');

function demoModel(): string {
  const file = process.env['TEST_MODEL_GGUF'];
  if (!file) throw new Error('TEST_MODEL_GGUF is not set: run the suite by npm test, which fetches the model.');
  return file;
}

/** The demo model as another model: Ollama takes two names of the very same file for one loaded model. */
function writeTwin(target: string): void {
  const bytes = readFileSync(demoModel());
  const key = bytes.indexOf(NAME_KEY);
  if (key < 0) throw new Error('The demo model has no general.name that could be changed.');
  bytes.write('#', key + NAME_KEY.length + 4 + 8);
  writeFileSync(target, bytes);
}

/** Puts the demo model into the folder under each of the names: as it is for the first, as a twin for another. */
export function writeModelFiles(folder: string, names: readonly string[]): ReadonlyMap<string, string> {
  mkdirSync(folder, { recursive: true });
  const files = new Map(names.map((name) => [name, path.join(folder, `${name}.gguf`)]));
  let first = true;
  for (const file of files.values()) {
    if (first) copyDemoModel(file);
    else writeTwin(file);
    first = false;
  }
  return files;
}

function copyDemoModel(target: string): void {
  try {
    linkSync(demoModel(), target);
  } catch {
    // Another file system.
    copyFileSync(demoModel(), target);
  }
}
