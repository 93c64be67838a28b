/** A control group hierarchy that may limit memory. */
export type CgroupVersion = 'v1' | 'v2';

/** The groups of this process in one hierarchy. */
export interface CgroupPath {
  readonly version: CgroupVersion;
  /** From the root of the hierarchy, normal form, such as `/kubepods/pod1`. */
  readonly path: string;
}

/** The first number after the name at the start of a line: `MemAvailable:  12 kB`, `inactive_file 12`. */
function fieldOf(text: string, name: string): number | undefined {
  const match = new RegExp(`^${name}:?\\s+(\\d+)`, 'm').exec(text);
  return match ? Number(match[1]) : undefined;
}

/**
 * Bytes of `/proc/meminfo` that can be given away. `MemAvailable` counts files that are mapped, which the weights of a
 * loaded model are, as if they could go without harm; so these are taken off. Shared memory is mapped as well and is not
 * in `MemAvailable`.
 */
export function parseMeminfo(text: string): number | undefined {
  const available = fieldOf(text, 'MemAvailable');
  if (available === undefined) return undefined;
  const mappedFiles = Math.max(0, (fieldOf(text, 'Mapped') ?? 0) - (fieldOf(text, 'Shmem') ?? 0));
  return Math.max(0, available - mappedFiles) * 1024;
}

/** The lines of `/proc/self/cgroup` that may limit memory (`0::/path`, `4:memory:/path`). */
export function parseCgroupPaths(text: string): readonly CgroupPath[] {
  return text.split('\n').flatMap((line): CgroupPath[] => {
    const match = /^(\d+):([^:]*):(.*)$/.exec(line);
    const [, id, controllers = '', path = '/'] = match ?? [];
    if (id === '0' && controllers === '') return [{ version: 'v2', path }];
    return controllers.split(',').includes('memory') ? [{ version: 'v1', path }] : [];
  });
}

/** A group and all groups around it, the innermost first. Steps above the visible root (`/../x`) are cut. */
export function withAncestors(path: string): readonly string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '.' && name !== '..');
  return names.map((_, index) => `/${names.slice(0, names.length - index).join('/')}`).concat('/');
}

/** A limit in bytes, or undefined for none (`max`, or the huge number that v1 shows). */
export function parseLimit(text: string): number | undefined {
  const bytes = Number(text.trim());
  return text.trim() !== '' && Number.isFinite(bytes) && bytes < 2 ** 60 ? bytes : undefined;
}

/** Bytes in a group's `memory.stat` that go without harm when memory is short: cached files that nobody has mapped. */
export function parseReclaimable(stat: string, version: CgroupVersion): number {
  const [prefix, mapped] = version === 'v1' ? ['total_', 'mapped_file'] : ['', 'file_mapped'];
  const read = (name: string): number => fieldOf(stat, `${prefix}${name}`) ?? 0;
  const mappedFiles = Math.max(0, read(mapped) - read('shmem'));
  return Math.max(0, read('inactive_file') + read('active_file') - mappedFiles);
}
