import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import {
  parseCgroupPaths,
  parseLimit,
  parseMeminfo,
  parseReclaimable,
  withAncestors,
  type CgroupVersion,
} from './memory.parse.js';

/** Text of a file, or undefined when it cannot be read. */
export type ReadText = (path: string) => string | undefined;

/** What the probe reads with, and what it leaves alone. */
export interface MemoryProbeOptions {
  /** Bytes that models must leave free. */
  readonly reserveBytes: number;
  readonly readText?: ReadText;
  /** Free bytes where there is no `/proc/meminfo`. */
  readonly freeBytes?: () => number;
}

interface Hierarchy {
  readonly root: string;
  readonly limit: string;
  readonly usage: string;
}

const HIERARCHIES: Readonly<Record<CgroupVersion, Hierarchy>> = {
  v1: { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes' },
  v2: { root: '/sys/fs/cgroup', limit: 'memory.max', usage: 'memory.current' },
};

/** These files are made by the kernel on reading: that blocks for microseconds, less than a round of the event loop. */
const readKernelText: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // No such file: not Linux, or no limit at this level.
    return undefined;
  }
};

/** Measures how much memory models could be given now: of the machine, and of every control group around us. */
export class MemoryProbe {
  private readonly readText: ReadText;

  constructor(private readonly options: MemoryProbeOptions) {
    this.readText = options.readText ?? readKernelText;
  }

  /** Bytes that are free now, less the reserve; negative when the reserve itself is in use. */
  availableBytes(): number {
    const meminfo = this.readText('/proc/meminfo');
    const machine =
      (meminfo === undefined ? undefined : parseMeminfo(meminfo)) ?? (this.options.freeBytes ?? freemem)();
    const groups = parseCgroupPaths(this.readText('/proc/self/cgroup') ?? '');
    const left = groups.flatMap(({ version, path }) => withAncestors(path).map((group) => this.leftIn(version, group)));
    return Math.min(machine, ...left) - this.options.reserveBytes;
  }

  /** What a group may still use; without end where it has no limit, or is not visible from inside a container. */
  private leftIn(version: CgroupVersion, group: string): number {
    const { root, limit, usage } = HIERARCHIES[version];
    const folder = group === '/' ? root : `${root}${group}`;
    const limitBytes = parseLimit(this.readText(`${folder}/${limit}`) ?? '');
    // Most groups have none, and every event is decided by a reading while somebody waits.
    if (limitBytes === undefined) return Infinity;
    const usedBytes = parseLimit(this.readText(`${folder}/${usage}`) ?? '');
    if (usedBytes === undefined) return Infinity;
    const reclaimable = parseReclaimable(this.readText(`${folder}/memory.stat`) ?? '', version);
    return limitBytes - Math.max(0, usedBytes - reclaimable);
  }
}
