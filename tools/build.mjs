/** Compiles what changed. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './cache-folder.mjs';
import { withLock } from './file-lock.mjs';
import { ensureInstalled } from './install.mjs';
import { ROOT, SetupError, installedProgram, runMain, say } from './repository.mjs';
import { runProgram } from './run-program.mjs';

/** In node_modules, so that new packages mean a new build. */
const MARKER = path.join(ROOT, 'node_modules', '.local-llm-agent-build');
const LONGEST_BUILD_MS = 10 * 60_000;
const SETTINGS = /^(package\.json|project\.json|tsconfig.*\.json|nx\.json|index\.html|vite\.config\.ts)$/;
const isSource = (name) => !/\.spec\.tsx?$/.test(name);

function projectFolders() {
  return ['libs', 'apps'].flatMap((group) =>
    fs
      .readdirSync(path.join(ROOT, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && fs.existsSync(path.join(ROOT, group, entry.name, 'src')))
      .map((entry) => path.join(ROOT, group, entry.name)),
  );
}

function filesOf(folder, matches, deep) {
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return deep ? filesOf(file, matches, deep) : [];
    return matches(entry.name) ? [file] : [];
  });
}

/** Names, sizes and times of everything that the build reads. Contents are not read: this has to be quick. */
function sourcesState(projects) {
  const files = [
    ...filesOf(ROOT, (name) => SETTINGS.test(name) && name !== 'package.json', false),
    ...projects.flatMap((project) => [
      ...filesOf(project, (name) => SETTINGS.test(name), false),
      ...['src', 'public']
        .map((folder) => path.join(project, folder))
        .flatMap((folder) => filesOf(folder, isSource, true)),
    ]),
  ];
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    const { size, mtimeMs } = fs.statSync(file);
    hash.update(`${path.relative(ROOT, file)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** What is built from which source; the last row is the page. */
const ENTRIES = [
  ['src/main.ts', 'dist/main.js'],
  ['src/index.ts', 'dist/index.js'],
  ['index.html', 'dist/index.html'],
];

/** Projects whose compiled entry file is not there. */
function unbuilt(projects) {
  return projects.filter((project) =>
    ENTRIES.some(
      ([source, built]) => fs.existsSync(path.join(project, source)) && !fs.existsSync(path.join(project, built)),
    ),
  );
}

function isFresh(state, projects) {
  if (!fs.existsSync(MARKER) || fs.readFileSync(MARKER, 'utf8') !== state) return false;
  return unbuilt(projects).length === 0;
}

async function build() {
  const projects = projectFolders();
  const state = sourcesState(projects);
  if (isFresh(state, projects)) return;
  const started = Date.now();
  say('building what changed');
  // A half-deleted dist would look finished to the compiler, which trusts its own notes in there.
  for (const project of unbuilt(projects)) fs.rmSync(path.join(project, 'dist'), { recursive: true, force: true });
  const { code, output } = await runProgram(
    installedProgram('nx'),
    ['run-many', '-t', 'build', '--outputStyle=static'],
    {
      cwd: ROOT,
      env: { NX_DAEMON: 'false', NX_TUI: 'false', NX_NO_CLOUD: 'true' },
      quiet: true,
      timeoutMs: LONGEST_BUILD_MS,
      onWait: (seconds) => say(`building: ${seconds} s so far`),
    },
  );
  if (code !== 0) throw new SetupError(`${output}\n\nThe build failed; the errors are above.`);
  const missing = unbuilt(projects);
  if (missing.length > 0) {
    throw new SetupError(`The build ended without an error, but ${missing.join(', ')} has no compiled entry file.`);
  }
  fs.writeFileSync(MARKER, state);
  say(`built in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** Makes sure that dist is what the sources say. Takes milliseconds when it is. */
export async function ensureBuilt() {
  const projects = projectFolders();
  if (isFresh(sourcesState(projects), projects)) return;
  const name = createHash('sha256').update(ROOT).digest('hex').slice(0, 16);
  await withLock({ file: cacheFolder('locks', `build-${name}.lock`), doing: 'building', say }, build);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    await ensureInstalled();
    await ensureBuilt();
  });
}
