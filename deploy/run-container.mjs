import { SetupError } from '../tools/repository.mjs';
import { runProgram } from '../tools/run-program.mjs';
import { ask } from './container-engine.mjs';

const LONGEST_COMMAND_MS = 30_000;
const LOCKED_DOWN = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];

/** @typedef {{ target: string, image: string, settings: Record<string, string>, command: string[], folder: string }} Image */

function inImage(engine, image, program, args) {
  return ask(engine, ['run', '--rm', '--network', 'none', '--entrypoint', program, image, ...args]);
}

function started(engine, id, name) {
  let state = '';
  const refresh = async () => (state = (await ask(engine, ['inspect', '--format', '{{.State.Status}}', id])) ?? 'gone');
  const watch = setInterval(refresh, 1000);
  let log = '';
  return {
    name,
    hasEnded: () => ['exited', 'dead', 'gone'].includes(state),
    log: () => log,
    async run(command) {
      return runProgram(engine, ['exec', id, ...command], { quiet: true, timeoutMs: LONGEST_COMMAND_MS });
    },
    async stop(longestMs) {
      clearInterval(watch);
      await ask(engine, ['stop', '--time', String(Math.ceil(longestMs / 1000)), id]);
      log = (await ask(engine, ['logs', id])) ?? '';
      const code = await ask(engine, ['inspect', '--format', '{{.State.ExitCode}}', id]);
      await ask(engine, ['rm', '--force', '--volumes', id]);
      return Number(code);
    },
  };
}

/** Runs images as containers; undefined where the program can build images but not run them. */
export async function containerRunner(engine, image) {
  if ((await inImage(engine, image, 'node', ['--version'])) === undefined) return undefined;
  return {
    async present({ image: reference, folder }, paths) {
      const script = 'for path in "$@"; do if [ -e "$path" ]; then echo "$path"; fi; done';
      const found = await inImage(engine, reference, 'sh', ['-c', `cd ${folder} && ${script}`, 'sh', ...paths]);
      if (found === undefined) throw new SetupError(`${reference} has no shell to look inside with.`);
      return found.split('\n').filter(Boolean);
    },
    async start({ target, image: reference }, { settings, mounts, volumes }) {
      const env = Object.entries(settings).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
      const places = [
        ...Object.entries(mounts).map(([inside, outside]) => `${outside}:${inside}:ro`),
        // Without a name or a folder it is a new volume, which goes with the container.
        ...volumes,
      ].flatMap((place) => ['--volume', place]);
      const args = ['run', '--detach', '--network', 'host', ...LOCKED_DOWN, ...env, ...places, reference];
      const { code, output } = await runProgram(engine, args, { quiet: true, timeoutMs: 60_000 });
      if (code !== 0) throw new SetupError(`${output}\n${target} cannot be started.`);
      return started(engine, output.trim().split('\n').at(-1), target);
    },
    async end() {},
  };
}
