import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cacheFolder } from '../../cache-folder.mjs';
import { requestJson } from '../../http-json.mjs';
import { ensureDemoModel } from '../../model.mjs';
import { SetupError, say } from '../../repository.mjs';
import { runProgram } from '../../run-program.mjs';
import { OllamaServer } from './subjects.mjs';

/** Names under which the demo model is installed, each as a model of its own. */
export const MODELS = ['swap-a', 'swap-b', 'swap-c'];
/** The key whose value is changed in a copy; the value follows as its type (4 bytes), length (8 bytes) and text. */
const NAME_KEY = Buffer.from('general.name');
const LONGEST_IMPORT_MS = 5 * 60_000;

/** A copy of the model with another name inside, because Ollama takes two names of the very same file for one model. */
function writeTwin(source, target, letter) {
  const bytes = fs.readFileSync(source);
  const key = bytes.indexOf(NAME_KEY);
  if (key < 0) throw new SetupError(`${source} has no ${NAME_KEY} that could be changed.`);
  bytes.write(letter, key + NAME_KEY.length + 4 + 8);
  fs.writeFileSync(target, bytes);
}

/** One thread a model: threads of llama.cpp spin, and more of them than idle cores measure nothing but that. */
async function importModel({ server, name, source, folder }) {
  const file = path.join(folder, `${name}.gguf`);
  const modelfile = path.join(folder, 'Modelfile');
  writeTwin(source, file, name.at(-1));
  fs.writeFileSync(modelfile, `FROM ${file}\nPARAMETER num_thread 1\n`);
  const { code, output } = await runProgram(server.program, ['create', name, '-f', modelfile], {
    env: server.environment,
    quiet: true,
    timeoutMs: LONGEST_IMPORT_MS,
  });
  fs.rmSync(file);
  if (code !== 0) throw new SetupError(`Ollama did not import ${name}: ${output}`);
}

/** Bytes that Ollama says the first model takes while it is loaded; the three are alike. */
async function measureBytes(url, contextLength) {
  const body = { model: MODELS[0], prompt: '', stream: false, options: { num_ctx: contextLength } };
  const { status } = await requestJson(`${url}/api/generate`, { timeoutMs: LONGEST_IMPORT_MS, body });
  const { body: residents } = await requestJson(`${url}/api/ps`, { timeoutMs: 10_000 });
  const size = residents?.models?.[0]?.size;
  if (status !== 200 || !size) throw new SetupError(`Ollama did not load ${MODELS[0]} (status ${status}).`);
  return size;
}

/**
 * Makes sure that Ollama has the three models, in a folder of the cache.
 * @param {string} program the ollama program
 * @param {number} contextLength tokens
 * @returns {Promise<{ folder: string, modelBytes: number }>} Ollama's folder of models, and what one of them takes
 */
export async function prepareModels(program, contextLength) {
  const folder = cacheFolder('bench', 'swap-models');
  const server = await OllamaServer.start({ program, folder, contextLength });
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'llm-agent-swap-'));
  try {
    const { body } = await requestJson(`${server.url}/api/tags`, { timeoutMs: 10_000 });
    const present = new Set(body.models.map(({ name }) => name.replace(/:latest$/, '')));
    const missing = MODELS.filter((name) => !present.has(name));
    if (missing.length > 0) {
      const models = await ensureDemoModel();
      if (!models) throw new SetupError('There is no demo model to measure with; see above.');
      for (const name of missing) {
        say(`importing ${name} into Ollama, once`);
        await importModel({ server, name, source: path.join(models, 'smollm2.gguf'), folder: temporary });
      }
    }
    return { folder, modelBytes: await measureBytes(server.url, contextLength) };
  } finally {
    await server.stop();
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}
