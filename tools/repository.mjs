import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root folder of the checkout. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The path of a program that `npm ci` put into the checkout. */
export function installedProgram(name) {
  return path.join(ROOT, 'node_modules', '.bin', name);
}

/** Writes one line for the person at the terminal. Standard output stays free for results. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** A failure whose message is all that a user needs to see; other errors are shown with their stack. */
export class SetupError extends Error {}

/**
 * Runs a program's main function and turns what it throws into a message and an exit code.
 * @param {() => Promise<number | undefined>} main resolves to the exit code
 */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    say(error instanceof SetupError ? `\n${error.message}` : String(error?.stack ?? error));
    process.exitCode = 1;
  }
}
