import path from 'node:path';

/**
 * Makes a root file system of the programs of this machine and enters it: nothing in it can be written to but /tmp and
 * the volume, whose mount point is made as a container engine makes one.
 */
const ENTER = `set -e
root=$1 tools=$2 outside=$3 inside=$4
shift 4
show() { mount --bind "$1" "$root$1"; mount -o remount,bind,ro "$root$1"; }
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$root"
for folder in /bin /sbin /lib /lib64 /etc /usr; do
  if [ -L "$folder" ]; then cp -P "$folder" "$root$folder"
  elif [ -d "$folder" ]; then mkdir "$root$folder"; show "$folder"
  fi
done
mkdir -p "$root/proc" "$root/dev" "$root/tmp" "$root$tools" "$root$inside"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"
show "$tools"
mount --bind "$outside" "$root$inside"
mount -o remount,ro "$root"
exec chroot "$root" "$@"`;

/** How a container is to run, in the words of a compose file. */
export interface ContainerOptions {
  /** An empty folder of the test, for the root file system. */
  readonly root: string;
  /** Its program, an absolute path on this machine, and what that gets. */
  readonly command: readonly [string, ...string[]];
  /** Ids of a user and a group: `1000:1000`. */
  readonly user: string;
  /** The only capabilities that are kept, such as `CHOWN`. */
  readonly capabilities: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** A folder of this machine, and where it is in the container. */
  readonly volume: { readonly outside: string; readonly inside: string };
}

/** Whether this machine lets a test do what a container engine does: Linux, for root. */
export const CONTAINERS_WORK = process.platform === 'linux' && process.getuid?.() === 0;

/**
 * The command that runs a program as in a container with a read-only root file system, without new privileges. It
 * becomes that program, with the process id it was started with. Processes and the network are those of the machine.
 */
export function inContainer(options: ContainerOptions): [string, ...string[]] {
  const [program] = options.command;
  const [user = '', group = ''] = options.user.split(':');
  const kept = ['-all', ...options.capabilities.map((name) => `+${name.toLowerCase()}`)].join(',');
  const rights = ['--reuid', user, '--regid', group, '--clear-groups', '--inh-caps=-all', `--bounding-set=${kept}`];
  const variables = Object.entries(options.environment).map(([name, value]) => `${name}=${value}`);
  return [
    ...['unshare', '--mount', 'sh', '-c', ENTER, 'sh'],
    ...[options.root, path.dirname(program), options.volume.outside, options.volume.inside],
    ...['setpriv', '--no-new-privs', ...rights, 'env', '-i', 'PATH=/usr/bin:/bin', ...variables, ...options.command],
  ] as [string, ...string[]];
}
