import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SetupError } from '../tools/repository.mjs';
import { runProgram } from '../tools/run-program.mjs';
import { ask } from './container-engine.mjs';

const LOG_TAIL = 8000;
const LONGEST_COMMAND_MS = 30_000;

/**
 * Runs in new mount and process namespaces: makes the root file system read-only, gives it /proc, /dev and /tmp, and
 * becomes the program, which is then process 1 as in a container.
 */
const ENTER = `set -e
mount --make-rprivate /
mount --bind "$ROOT_FS" "$ROOT_FS"
mount -o remount,bind,ro "$ROOT_FS"
mount -t proc proc "$ROOT_FS/proc"
mount --rbind /dev "$ROOT_FS/dev"
mount -t tmpfs tmpfs "$ROOT_FS/tmp"
while [ "$1" != -- ]; do
  mount --bind "$1" "$ROOT_FS$2"
  mount -o "remount,bind,$3" "$ROOT_FS$2"
  shift 3
done
shift
exec chroot --userspec=1000:1000 --groups= "$ROOT_FS" /usr/bin/env -i "$@"`;

function enter(rootFs, { settings, folder, mounts, volumes }, command) {
  const env = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  const binds = [
    ...Object.entries(mounts).flatMap(([inside, outside]) => [outside, inside, 'ro']),
    ...Object.entries(volumes).flatMap(([inside, outside]) => [outside, inside, 'rw']),
  ];
  const program = ['--chdir', folder, ...env, ...command];
  const script = ['sh', '-c', ENTER, 'sh', ...binds, '--', ...program];
  return spawn('unshare', ['--mount', '--pid', '--fork', '--kill-child=SIGKILL', ...script], {
    env: { ...process.env, ROOT_FS: rootFs },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The service itself is the only child of unshare; signals to unshare would not reach it. */
function childOf(pid) {
  const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? undefined : Number(children.split(' ')[0]);
}

async function endedWithin(child, milliseconds) {
  if (child.exitCode !== null || child.signalCode !== null) return true;
  try {
    await once(child, 'exit', { signal: AbortSignal.timeout(milliseconds) });
    return true;
  } catch (error) {
    if (error.name === 'AbortError') return false;
    throw error;
  }
}

function started(child, name, again) {
  let log = '';
  const keep = (data) => (log = (log + data).slice(-LOG_TAIL));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return {
    name,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    log: () => log,
    async run(command) {
      const probe = again(command);
      let output = '';
      const keep = (data) => (output += data);
      probe.stdout.on('data', keep);
      probe.stderr.on('data', keep);
      if (!(await endedWithin(probe, LONGEST_COMMAND_MS))) probe.kill('SIGKILL');
      return { code: probe.exitCode, output };
    },
    async stop(longestMs) {
      if (this.hasEnded()) return child.exitCode;
      const service = childOf(child.pid);
      if (service !== undefined) process.kill(service, 'SIGTERM');
      if (!(await endedWithin(child, longestMs))) child.kill('SIGKILL');
      return child.exitCode;
    },
  };
}

/** Runs images without containers: from their mounted root file systems, by unshare and chroot. Needs root and podman. */
export function rootFsRunner(engine) {
  const mounted = new Map();
  const folders = [];
  /** An empty volume of a container: a folder that belongs to whom its mount point in the image belongs. */
  const newVolume = (rootFs, inside) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'local-llm-agent-volume-'));
    folders.push(folder);
    const { uid, gid, mode } = fs.statSync(path.join(rootFs, inside));
    fs.chownSync(folder, uid, gid);
    fs.chmodSync(folder, mode);
    return folder;
  };
  const rootFsOf = async (image) => {
    if (!mounted.has(image)) {
      const folder = await ask(engine, ['image', 'mount', image]);
      if (folder === undefined) throw new SetupError(`\`${engine} image mount ${image}\` fails.`);
      mounted.set(image, folder.trim());
    }
    return mounted.get(image);
  };
  return {
    async present({ image, folder }, paths) {
      const rootFs = await rootFsOf(image);
      return paths.filter((name) => fs.existsSync(path.join(rootFs, folder, name)));
    },
    async start(image, { settings, mounts, volumes }) {
      const rootFs = await rootFsOf(image.image);
      const options = {
        folder: image.folder,
        settings: { ...image.settings, ...settings },
        mounts,
        volumes: Object.fromEntries(volumes.map((inside) => [inside, newVolume(rootFs, inside)])),
      };
      const child = enter(rootFs, options, image.command);
      await once(child, 'spawn');
      return started(child, image.target, (command) => enter(rootFs, options, command));
    },
    async end() {
      for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
      for (const image of mounted.keys()) await runProgram(engine, ['image', 'unmount', image], { quiet: true });
    },
  };
}
