import { readFileSync, readdirSync } from 'node:fs';

/** A row of the process table. */
interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  /** It ended, and only its parent has not asked how yet. */
  readonly ended: boolean;
  /** Processor time so far, in hundredths of a second. */
  readonly ticks: number;
}

/** Reads Linux's /proc, see proc_pid_stat(5); undefined when there is no such process. */
function row(pid: number): ProcessRow | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name, in brackets, may hold spaces and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  return { pid, parent: Number(parent), ended: state === 'Z', ticks: Number(fields[11]) + Number(fields[12]) };
}

/** The processes that this one started and that run. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc').flatMap((name) => {
    const one = /^\d+$/.test(name) ? row(Number(name)) : undefined;
    return one?.parent === pid && !one.ended ? [one.pid] : [];
  });
}

/** Whether the process runs. */
export function runs(pid: number): boolean {
  return row(pid)?.ended === false;
}

/** Processor time that the processes have used so far, in hundredths of a second. */
export function processorTime(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (row(pid)?.ticks ?? 0), 0);
}

/** Resident memory of the processes in bytes, files that are mapped included. */
export function residentMemory(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return sum + Number(kib) * 1024;
  }, 0);
}

/**
 * The processes that run with all of these settings in their environment, wherever they come from: one whose parent was
 * killed belongs to nobody, and one that its parent was just about to start has no command line of its own yet.
 */
export function runningWith(environment: Readonly<Record<string, string>>): readonly number[] {
  const wanted = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    let settings: readonly string[];
    try {
      settings = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
    } catch {
      // It is gone by now, or another user's.
      return [];
    }
    return wanted.every((one) => settings.includes(one)) ? [Number(name)] : [];
  });
}

/** SIGKILL for processes that a program of the test started. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) if (runs(pid)) process.kill(pid, 'SIGKILL');
}
