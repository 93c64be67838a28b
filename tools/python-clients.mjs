import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { cacheFolder } from './cache-folder.mjs';
import { withLock } from './file-lock.mjs';
import { say } from './repository.mjs';
import { runProgram } from './run-program.mjs';

/** The Python clients that the tests drive, as a user would install them. */
const PACKAGES = [
  'openai==3.54.0',
  'langchain-openai==1.7.4',
  'langchain-ollama==1.1.0',
  'anthropic==2.14.0',
  'mcp==2.3.0',
  'ollama==0.6.3',
  'requests==2.34.2',
  // Pip leaves it out where Python is older, and the test that needs it is skipped.
  'schemathesis==4.32.5; python_version >= "3.11"',
];
const LONGEST_MS = 10 * 60_000;

function lastWords(output) {
  return output.split('\n').slice(-2).join(' ');
}

async function create(folder, python) {
  say(`setting up the Python clients (${PACKAGES.join(', ')}), once`);
  fs.rmSync(folder, { recursive: true, force: true });
  const venv = await runProgram(python, ['-m', 'venv', folder], { quiet: true, timeoutMs: LONGEST_MS });
  if (venv.code !== 0) return `python3 -m venv failed (on Debian install python3-venv): ${lastWords(venv.output)}`;
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PACKAGES];
  const install = await runProgram(path.join(folder, 'bin', 'python'), pip, {
    quiet: true,
    timeoutMs: LONGEST_MS,
    onWait: (seconds) => say(`installing the Python clients: ${seconds} s so far`),
  });
  return install.code === 0 ? undefined : `pip install failed: ${lastWords(install.output)}`;
}

/**
 * Makes sure that there is a Python with the client packages, in the cache folder, keyed by all versions.
 * @param {string} [python]
 * @returns {Promise<{ python?: string, reason?: string }>} the program, or why there is none
 */
export async function ensurePythonClients(python = 'python3') {
  const version = await runProgram(python, ['-c', 'import sys; print(sys.version, sys.executable)'], {
    quiet: true,
    timeoutMs: 30_000,
  });
  if (version.code !== 0) return { reason: `there is no ${python}` };
  const key = createHash('sha256')
    .update(`${version.output} ${PACKAGES.join(' ')}`)
    .digest('hex')
    .slice(0, 12);
  const folder = cacheFolder('python', key);
  const marker = path.join(folder, '.complete');
  const program = path.join(folder, 'bin', 'python');
  const isComplete = () => fs.existsSync(marker) && fs.existsSync(program);
  if (isComplete()) return { python: program };
  const lock = { file: cacheFolder('locks', `python-${key}.lock`), doing: 'setting up the Python clients', say };
  return withLock(lock, async () => {
    if (isComplete()) return { python: program };
    const reason = await create(folder, python);
    if (reason) return { reason };
    fs.writeFileSync(marker, '');
    return { python: program };
  });
}
