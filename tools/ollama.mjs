/**
 * Finds a real `ollama` program, or builds one. Order: `OLLAMA_BIN`, the PATH, the cache folder, a build from the Go
 * module (CPU only, 6 to 14 minutes on two cores, once). Prints the program's path.
 *
 * Go module archives leave out folders named `vendor`, so three header-only libraries come from elsewhere: two from
 * Debian (`nlohmann-json3-dev`, `libstb-dev`), `miniaudio.h` from the Go module malgo, which carries a copy.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './cache-folder.mjs';
import { withLock } from './file-lock.mjs';
import { SetupError, runMain, say as sayToTerminal } from './repository.mjs';
import { runProgram } from './run-program.mjs';

const VERSION = '0.24.0';
const LONGEST_BUILD_MS = 60 * 60_000;
const SAY_EVERY_S = 30;
const MALGO = 'github.com/gen2brain/malgo@v0.11.24';
const HEADERS = {
  'nlohmann-json3-dev': '/usr/include/nlohmann/json.hpp',
  'libstb-dev': '/usr/include/stb/stb_image.h',
};

function onPath(program) {
  const found = (process.env.PATH ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, program))
    .find((file) => fs.existsSync(file));
  return found;
}

function installHeaders(say) {
  const missing = Object.entries(HEADERS).filter(([, file]) => !fs.existsSync(file));
  if (missing.length === 0) return;
  const packages = missing.map(([name]) => name);
  if (process.getuid?.() !== 0 || !onPath('apt-get')) {
    throw new SetupError(
      `Building ollama needs the packages ${packages.join(', ')}: install them, or install ollama itself (https://ollama.com/download).`,
    );
  }
  say(`installing ${packages.join(', ')}`);
  execFileSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
  execFileSync('apt-get', ['install', '-y', '-qq', ...packages], { stdio: 'ignore' });
}

async function build(target, say) {
  const go = onPath('go');
  if (!go) {
    throw new SetupError(
      'There is no ollama and no Go to build one with: install ollama (https://ollama.com/download) or Go 1.24 or newer.',
    );
  }
  installHeaders(say);
  const folder = path.dirname(target);
  const headers = path.join(folder, 'headers', 'miniaudio');
  const building = path.join(folder, `building-${process.pid}`);
  fs.mkdirSync(headers, { recursive: true });
  const malgo = JSON.parse(execFileSync(go, ['mod', 'download', '-json', MALGO], { cwd: folder, encoding: 'utf8' }));
  fs.rmSync(path.join(headers, 'miniaudio.h'), { force: true });
  fs.copyFileSync(path.join(malgo.Dir, 'miniaudio.h'), path.join(headers, 'miniaudio.h'));
  say(`building ollama ${VERSION} from source, once (6 to 14 minutes on two cores)`);
  const optimise = '-O3 -march=native';
  const { code, output } = await runProgram(go, ['install', `github.com/ollama/ollama@v${VERSION}`], {
    env: {
      GOBIN: building,
      CGO_ENABLED: '1',
      CGO_CPPFLAGS: `-I${path.dirname(headers)}`,
      CGO_CFLAGS: optimise,
      CGO_CXXFLAGS: optimise,
    },
    quiet: true,
    timeoutMs: LONGEST_BUILD_MS,
    onWait: (seconds) => seconds % SAY_EVERY_S < 10 && say(`building ollama ${VERSION}: ${seconds} s so far`),
  });
  if (code !== 0) throw new SetupError(`${output}\n\nThe build of ollama failed; the errors are above.`);
  fs.renameSync(path.join(building, 'ollama'), target);
  fs.rmSync(building, { recursive: true, force: true });
  say(`built ${target}`);
}

const cachedProgram = () => cacheFolder('ollama', VERSION, 'ollama');

/** The path of a real `ollama` program that is there already; undefined when there is none. */
export function presentOllama() {
  const given = process.env.OLLAMA_BIN;
  if (given) {
    if (!fs.existsSync(given)) throw new SetupError(`OLLAMA_BIN names ${given}, which does not exist.`);
    return given;
  }
  const cached = cachedProgram();
  return onPath('ollama') ?? (fs.existsSync(cached) ? cached : undefined);
}

/** The path of a real `ollama` program; builds one when there is none. Throws with what to install when it cannot. */
export async function ollamaProgram(say = sayToTerminal) {
  const present = presentOllama();
  if (present) return present;
  const cached = cachedProgram();
  const lock = { file: cacheFolder('locks', `ollama-${VERSION}.lock`), doing: `building ollama ${VERSION}`, say };
  await withLock(lock, async () => {
    if (!fs.existsSync(cached)) await build(cached, say);
  });
  return cached;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    process.stdout.write(`${await ollamaProgram()}\n`);
  });
}
