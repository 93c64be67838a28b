import { spawn } from 'node:child_process';
import { readLines } from './log-lines.mjs';

/** Exit code of a service whose configuration is wrong (EX_CONFIG): starting it again cannot help. */
export const BAD_CONFIGURATION = 78;

const LAST_WORDS_MS = 1_000;

const RESTARTS = {
  /** Wait before the first restart; doubled for each further one within the window. */
  firstDelayMs: 1_000,
  most: 5,
  windowMs: 60_000,
};

/**
 * @typedef {object} ServiceOptions
 * @property {string} name
 * @property {string} file
 * @property {Record<string, string | undefined>} env
 * @property {string} cwd
 * @property {(line: string, stream: 'stdout' | 'stderr') => void} onLine
 * @property {(message: string) => void} onTrouble told about each unexpected end
 * @property {(reason: 'configuration' | 'restarts') => void} onGivenUp told once, when the service stays down
 * @property {Partial<typeof RESTARTS>} [restarts]
 */

/** Ends what a dead service left behind in its process group, such as the processes of loaded models. */
function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH' && error.code !== 'EPERM') throw error;
  }
}

/**
 * Runs a service as its own process and starts it again when it dies. The process gets its own group, so that Ctrl-C in
 * the terminal reaches it only through {@link ServiceProcess.stop}, and an IPC channel, whose end tells it that this
 * process is gone.
 */
export class ServiceProcess {
  #options;
  #limits;
  #child;
  #timer;
  #restarts = [];
  #stopping = false;
  #ended = Promise.resolve();

  /** @param {ServiceOptions} options */
  constructor(options) {
    this.#options = options;
    this.#limits = { ...RESTARTS, ...options.restarts };
  }

  get name() {
    return this.#options.name;
  }

  /** Process id while it runs. */
  get pid() {
    return this.#child?.pid;
  }

  start() {
    const { file, env, cwd, onLine } = this.#options;
    const child = spawn(process.execPath, ['--enable-source-maps', file], {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    readLines(child.stdout, (line) => onLine(line, 'stdout'));
    readLines(child.stderr, (line) => onLine(line, 'stderr'));
    // A failed send or spawn shows itself as the end of the process.
    child.on('error', (error) => onLine(String(error), 'stderr'));
    this.#ended = new Promise((resolve) => {
      const finish = (code, signal) => {
        if (this.#child !== child) return;
        this.#child = undefined;
        resolve();
        if (!this.#stopping) this.#onDeath(code, signal);
      };
      child.once('exit', (code, signal) => {
        if (child.pid) killGroup(child.pid);
        // 'close' comes when the last words have been read; a process that left the group could hold the pipe open.
        const timer = setTimeout(finish, LAST_WORDS_MS, code, signal);
        child.once('close', () => {
          clearTimeout(timer);
          finish(code, signal);
        });
      });
      child.once('error', () => child.pid === undefined && finish(127, null));
    });
  }

  #onDeath(code, signal) {
    const { name, onTrouble, onGivenUp } = this.#options;
    const { firstDelayMs, most, windowMs } = this.#limits;
    const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
    if (code === BAD_CONFIGURATION) {
      onTrouble(`the ${name} refuses its configuration; see its message above`);
      onGivenUp('configuration');
      return;
    }
    this.#restarts = this.#restarts.filter((time) => Date.now() - time < windowMs);
    if (this.#restarts.length >= most) {
      onTrouble(`the ${name} ${how}, after ${most} restarts in ${windowMs / 1000} s; giving up`);
      onGivenUp('restarts');
      return;
    }
    const delayMs = firstDelayMs * 2 ** this.#restarts.length;
    this.#restarts.push(Date.now());
    onTrouble(`the ${name} ${how}; starting it again in ${delayMs / 1000} s`);
    this.#timer = setTimeout(() => this.start(), delayMs);
  }

  /**
   * Asks the service to finish its requests and end; kills it after the grace period.
   * @param {number} graceMs
   * @returns {Promise<boolean>} whether it ended by itself
   */
  async stop(graceMs) {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (!child) return true;
    child.kill('SIGTERM');
    let killed = false;
    const timer = setTimeout(() => {
      killed = true;
      this.kill();
    }, graceMs);
    await this.#ended;
    clearTimeout(timer);
    return !killed;
  }

  /** Ends the service and all its processes at once. */
  kill() {
    this.#stopping = true;
    clearTimeout(this.#timer);
    if (this.#child?.pid) killGroup(this.#child.pid);
  }
}
