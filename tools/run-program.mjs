import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const TAIL = 16_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {Record<string, string | undefined>} [env] added to the environment of this process
 * @property {boolean} [quiet] keep the output instead of showing it
 * @property {number} [timeoutMs] ends the program when it takes longer
 * @property {(seconds: number) => void} [onWait] called every ten seconds while it runs
 */

/** Passes signals on to a child while it runs, so that stopping this process leaves nothing behind. */
function passSignalsOn(child) {
  let received;
  const handlers = SIGNALS.map((signal) => {
    const handler = () => {
      received = signal;
      child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
      setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
    };
    process.on(signal, handler);
    return [signal, handler];
  });
  return () => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
    if (received) process.exit(128 + constants.signals[received]);
  };
}

/**
 * Runs a program to its end. Never throws: a program that cannot be started has `code` 127 and says so in `output`.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number, output: string }>} exit code and, when quiet, the last part of the output
 */
export function runProgram(program, args, options = {}) {
  const { cwd, env, quiet = false, timeoutMs, onWait } = options;
  return new Promise((resolve) => {
    const started = Date.now();
    const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'];
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio });
    const release = passSignalsOn(child);
    let output = '';
    const keep = (data) => (output = (output + data).slice(-TAIL));
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const waiting = onWait && setInterval(() => onWait(Math.round((Date.now() - started) / 1000)), 10_000);
    let timedOut = false;
    const kill = (signal) => {
      timedOut = true;
      child.kill(signal);
    };
    const limits = timeoutMs
      ? [setTimeout(kill, timeoutMs, 'SIGTERM'), setTimeout(kill, timeoutMs + 10_000, 'SIGKILL')]
      : [];
    const finish = (code, message) => {
      clearInterval(waiting);
      limits.forEach(clearTimeout);
      release();
      const note = timedOut ? `\nstopped after ${Math.round((Date.now() - started) / 1000)} s: it took too long` : '';
      resolve({ code: timedOut ? 124 : code, output: `${output}${message}${note}`.trim() });
    };
    child.once('error', (error) => finish(127, `${program} cannot be started: ${error.message}`));
    child.once('close', (code, signal) => finish(code ?? 128 + constants.signals[signal], ''));
  });
}
