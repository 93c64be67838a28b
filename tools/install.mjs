/** Installs the npm packages when they are missing or no longer those of package-lock.json. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './cache-folder.mjs';
import { withLock } from './file-lock.mjs';
import { requireNode } from './node-version.mjs';
import { ROOT, SetupError, runMain, say } from './repository.mjs';
import { runProgram } from './run-program.mjs';

const MARKER = path.join(ROOT, 'node_modules', '.local-llm-agent-install');
const LOCK_FILE = path.join(ROOT, 'package-lock.json');
/** npm writes this list of what it really installed as its last step. */
const INSTALLED_LIST = path.join(ROOT, 'node_modules', '.package-lock.json');
const LONGEST_INSTALL_MS = 20 * 60_000;
const NETWORK_TROUBLE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT/;

function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What an installation depends on: native packages differ by platform and by Node's major version. */
function wantedState() {
  const lock = createHash('sha256')
    .update(readText(LOCK_FILE) ?? '')
    .digest('hex');
  return `${lock} node-${process.versions.node.split('.')[0]} ${process.platform}-${process.arch}\n`;
}

/** Whether somebody ran npm by hand and everything is there, so that nothing has to be done again. */
function isInstalledByHand() {
  const lock = readText(LOCK_FILE);
  const list = readText(INSTALLED_LIST);
  const mark = readText(MARKER);
  if (lock === undefined || list === undefined) return false;
  if (mark !== undefined && mark.split(' ').slice(1).join(' ') !== wantedState().split(' ').slice(1).join(' '))
    return false;
  const installed = JSON.parse(list).packages ?? {};
  return Object.entries(JSON.parse(lock).packages ?? {}).every(([name, wanted]) => {
    if (name === '' || !name.startsWith('node_modules/')) return true;
    const found = installed[name];
    if (found === undefined) return Boolean(wanted.optional || wanted.peer);
    return wanted.link ? found.resolved === wanted.resolved : found.version === wanted.version;
  });
}

function isFresh() {
  return readText(MARKER) === wantedState();
}

function runNpm(command) {
  const args = [command, '--include=dev', '--no-audit', '--no-fund', '--no-progress'];
  const options = {
    cwd: ROOT,
    quiet: true,
    timeoutMs: LONGEST_INSTALL_MS,
    onWait: (seconds) => say(`installing packages: ${seconds} s so far`),
  };
  // The npm that started this script, if one did: on some machines the one on the PATH is another.
  const npm = process.env.npm_execpath;
  if (npm && /npm-cli\.[cm]?js$/.test(npm)) return runProgram(process.execPath, [npm, ...args], options);
  return runProgram('npm', args, options);
}

function failure({ code, output }) {
  const tail = output.split('\n').slice(-15).join('\n');
  if (code === 127) return new SetupError('npm is not on the PATH: it comes with Node, see https://nodejs.org');
  if (NETWORK_TROUBLE.test(output)) {
    return new SetupError(
      `${tail}\n\nThe packages could not be downloaded: npm does not reach its registry. Check the network connection, the proxy settings and \`npm config get registry\`, then start again.`,
    );
  }
  return new SetupError(`${tail}\n\nThe packages could not be installed; npm's own words are above.`);
}

async function install() {
  const canUseCi = fs.existsSync(LOCK_FILE);
  const started = Date.now();
  say(`installing packages (npm ${canUseCi ? 'ci' : 'install'}), this happens once`);
  let result = canUseCi ? await runNpm('ci') : await runNpm('install');
  if (canUseCi && result.code !== 0 && /EUSAGE|npm ci.{0,40}can only install/s.test(result.output)) {
    // Also for a lock file that was written on another platform and lacks the packages of this one.
    say('package-lock.json is not complete for this machine: npm install completes it');
    result = await runNpm('install');
  }
  if (result.code !== 0) throw failure(result);
  fs.writeFileSync(MARKER, wantedState());
  say(`packages installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** Makes sure that node_modules is what package-lock.json says. Takes milliseconds when it is. */
export async function ensureInstalled() {
  requireNode();
  if (isFresh()) return;
  const name = createHash('sha256').update(ROOT).digest('hex').slice(0, 16);
  const lock = { file: cacheFolder('locks', `install-${name}.lock`), doing: 'installing packages', say };
  await withLock(lock, async () => {
    if (isFresh()) return;
    if (isInstalledByHand()) fs.writeFileSync(MARKER, wantedState());
    else await install();
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runMain(ensureInstalled);
