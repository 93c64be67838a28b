import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { requestJson } from '../../http-json.mjs';

const READY_MS = 60_000;
const KILL_AFTER_MS = 20_000;
const LAST_WORDS = 2_000;

/** A program that the benchmark starts, watches and ends; it ends with this process, whatever happens. */
export class BenchProcess {
  /** Everything it wrote. */
  output = '';
  #name;
  #child;
  #onExit = () => this.#child.kill('SIGTERM');

  /**
   * @param {string} name for messages
   * @param {readonly string[]} command
   * @param {Record<string, string>} env added to this process's own
   */
  constructor(name, [program, ...args], env) {
    this.#name = name;
    this.#child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream.on('data', (data) => (this.output += data));
    // A program that cannot be started shows itself as one that has ended.
    this.#child.on('error', (error) => (this.output += String(error)));
    process.on('exit', this.#onExit);
  }

  get #ended() {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves once the address answers with 200. */
  async ready(url) {
    const end = Date.now() + READY_MS;
    while (Date.now() < end && !this.#ended) {
      const status = await requestJson(url, { timeoutMs: 2_000 }).then(
        (answer) => answer.status,
        () => undefined,
      );
      if (status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${this.#name} did not get ready:\n${this.output.slice(-LAST_WORDS)}`);
  }

  /** Ends it in good order, or by force when it does not. */
  async stop() {
    process.off('exit', this.#onExit);
    if (this.#ended) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), KILL_AFTER_MS);
    await exited;
    clearTimeout(timer);
  }
}
