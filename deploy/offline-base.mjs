import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SetupError, say } from '../tools/repository.mjs';
import { runProgram } from '../tools/run-program.mjs';
import { ask, must } from './container-engine.mjs';

const DEBIAN = 'bookworm';
const NODE_MAJOR = 24;
const IMAGE = `localhost/local-llm-agent-base:node${NODE_MAJOR}-${DEBIAN}`;
const LONGEST_STEP_MS = 15 * 60_000;
const TOOLS = { podman: 'podman', mmdebstrap: 'mmdebstrap' };

async function ensureTools() {
  const missing = [];
  for (const [program, debianPackage] of Object.entries(TOOLS)) {
    if ((await ask(program, ['--version'])) === undefined) missing.push(debianPackage);
  }
  if (process.getuid?.() !== 0) throw new SetupError('--offline-base has to run as root: it unpacks a Debian system.');
  if (missing.length === 0) return;
  say(`installing ${missing.join(' and ')}`);
  await must('apt-get', ['update', '--quiet'], { quiet: true, timeoutMs: LONGEST_STEP_MS });
  await must('apt-get', ['install', '--yes', '--no-install-recommends', ...missing], {
    quiet: true,
    timeoutMs: LONGEST_STEP_MS,
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/** Puts npm and the Node binary into the folder. The binary comes as an npm package, else this machine's is taken. */
async function fetchNode(folder) {
  const binary = `node-${process.platform}-${process.arch}`;
  const install = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  await must('npm', [...install, 'npm@11'], { quiet: true, timeoutMs: LONGEST_STEP_MS });
  const { code } = await runProgram('npm', [...install, `${binary}@${NODE_MAJOR}`, 'npm@11'], {
    quiet: true,
    timeoutMs: LONGEST_STEP_MS,
  });
  const found = path.join(folder, 'node_modules', binary, 'bin', 'node');
  const node = path.join(folder, 'node');
  if (code !== 0) say(`the npm package ${binary} cannot be had: taking this machine's Node ${process.versions.node}`);
  fs.copyFileSync(code === 0 ? found : process.execPath, node);
  fs.chmodSync(node, 0o755);
  return { node, npm: path.join(folder, 'node_modules', 'npm') };
}

async function makeBase(folder) {
  const archive = path.join(folder, 'base.tar');
  const { node, npm } = await fetchNode(folder);
  say(`making a Debian ${DEBIAN} base image with Node ${NODE_MAJOR}`);
  const args = [
    ...['--variant=minbase', '--include=ca-certificates,libstdc++6'],
    ...['doc', 'man', 'info', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    '--customize-hook=mkdir -p "$1/usr/local/lib/node_modules"',
    `--customize-hook=copy-in "${node}" /usr/local/bin`,
    `--customize-hook=copy-in "${npm}" /usr/local/lib/node_modules`,
    '--customize-hook=ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/local/bin/npm"',
    '--customize-hook=chroot "$1" useradd --uid 1000 --create-home --shell /bin/bash node',
    ...[DEBIAN, archive],
  ];
  await must('mmdebstrap', args, { quiet: true, timeoutMs: LONGEST_STEP_MS });
  await must('podman', ['import', '--change', 'CMD ["node"]', archive, IMAGE], {
    quiet: true,
    timeoutMs: LONGEST_STEP_MS,
  });
}

/** Makes the base image unless it is there already; resolves to its name. */
export async function ensureOfflineBase() {
  await ensureTools();
  if ((await ask('podman', ['image', 'exists', IMAGE])) !== undefined) return IMAGE;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'local-llm-agent-base-'));
  try {
    await makeBase(folder);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  return IMAGE;
}
