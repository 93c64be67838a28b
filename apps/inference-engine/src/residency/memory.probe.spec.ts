import { describe, expect, it } from '@jest/globals';
import { MemoryProbe } from './memory.probe.js';

const MIB = 2 ** 20;
const meminfo = (availableMib: number, mappedMib = 0, shmemMib = 0): string =>
  `MemTotal: 99999999 kB\nMemAvailable: ${availableMib * 1024} kB\nMapped: ${mappedMib * 1024} kB\nShmem: ${shmemMib * 1024} kB\n`;

function availableMib(files: Readonly<Record<string, string>>, reserveMib = 0): number {
  const probe = new MemoryProbe({
    reserveBytes: reserveMib * MIB,
    readText: (path) => files[path],
    freeBytes: () => 777 * MIB,
  });
  return probe.availableBytes() / MIB;
}

const bytes = (mib: number): string => `${mib * MIB}\n`;

describe('MemoryProbe, the machine', () => {
  it.each([
    ['what is available', meminfo(1000), 1000],
    ['nothing of what mapped files hold, such as the weights of a loaded model', meminfo(1000, 300), 700],
    ['all but mapped files, shared memory not counted twice', meminfo(1000, 300, 200), 900],
  ])('gives %s', (_says, text, expected) => {
    expect(availableMib({ '/proc/meminfo': text })).toBe(expected);
  });

  it('leaves the reserve alone', () => {
    expect(availableMib({ '/proc/meminfo': meminfo(1000) }, 512)).toBe(488);
    expect(availableMib({ '/proc/meminfo': meminfo(100) }, 512)).toBe(-412);
  });

  it('asks the operating system where there is no /proc/meminfo', () => {
    expect(availableMib({})).toBe(777);
  });
});

describe('MemoryProbe, control groups', () => {
  const machine = { '/proc/meminfo': meminfo(10_000) };

  it('takes what a v2 group has left, its unmapped file cache counted as free', () => {
    const files = {
      ...machine,
      '/proc/self/cgroup': '0::/app\n',
      '/sys/fs/cgroup/app/memory.max': bytes(2000),
      '/sys/fs/cgroup/app/memory.current': bytes(1500),
      '/sys/fs/cgroup/app/memory.stat': `anon 5\ninactive_file ${bytes(400)}active_file ${bytes(300)}file_mapped ${bytes(200)}shmem 0\n`,
    };
    expect(availableMib(files)).toBe(1000);
  });

  it('takes the least of all groups around it', () => {
    const files = {
      ...machine,
      '/proc/self/cgroup': '0::/pods/pod1/box\n',
      '/sys/fs/cgroup/pods/pod1/box/memory.max': 'max\n',
      '/sys/fs/cgroup/pods/pod1/box/memory.current': bytes(10),
      '/sys/fs/cgroup/pods/pod1/memory.max': bytes(3000),
      '/sys/fs/cgroup/pods/pod1/memory.current': bytes(1000),
      '/sys/fs/cgroup/pods/memory.max': bytes(4000),
      '/sys/fs/cgroup/pods/memory.current': bytes(3500),
    };
    expect(availableMib(files)).toBe(500);
  });

  it('finds the limit at the root of the container when the path is that of the host', () => {
    const files = {
      ...machine,
      '/proc/self/cgroup': '0::/../../docker/abc\n',
      '/sys/fs/cgroup/memory.max': bytes(1000),
      '/sys/fs/cgroup/memory.current': bytes(400),
    };
    expect(availableMib(files)).toBe(600);
  });

  it('reads v1 groups, beside a v2 hierarchy without memory', () => {
    const files = {
      ...machine,
      '/proc/self/cgroup': '9:name=systemd:/\n4:cpu,memory:/box\n0::/\n',
      '/sys/fs/cgroup/memory/box/memory.limit_in_bytes': bytes(1000),
      '/sys/fs/cgroup/memory/box/memory.usage_in_bytes': bytes(900),
      '/sys/fs/cgroup/memory/box/memory.stat': `inactive_file 7\ntotal_inactive_file ${bytes(300)}total_mapped_file ${bytes(100)}total_shmem ${bytes(50)}`,
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': bytes(9000),
    };
    expect(availableMib(files)).toBe(350);
  });

  it('knows no limit where there is none', () => {
    expect(availableMib({ ...machine, '/proc/self/cgroup': '0::/\n' })).toBe(10_000);
    expect(availableMib({ ...machine, '/proc/self/cgroup': 'nonsense' })).toBe(10_000);
  });

  it('measures the machine it runs on', () => {
    const available = new MemoryProbe({ reserveBytes: 0 }).availableBytes();
    expect(Number.isFinite(available)).toBe(true);
    expect(available).toBeGreaterThan(0);
  });
});
