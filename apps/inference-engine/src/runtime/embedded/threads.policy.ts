/** Number of physical cores that the text of Linux' `/proc/cpuinfo` tells of; 0 when it does not say. */
function countCores(cpuinfo: string): number {
  const cores = new Set<string>();
  for (const processor of cpuinfo.split(/\n\s*\n/u)) {
    const core = /^core id\s*:\s*(\d+)$/mu.exec(processor)?.[1];
    const socket = /^physical id\s*:\s*(\d+)$/mu.exec(processor)?.[1] ?? '0';
    if (core !== undefined) cores.add(`${socket}/${core}`);
  }
  return cores.size;
}

/**
 * Threads for one model. 0 asks for one less than the physical cores: the threads of llama.cpp spin while they wait for
 * each other, so with no core left for the rest of the system generation becomes many times slower.
 * @param setting the configured number, 0 = choose
 * @param cpuinfo text of `/proc/cpuinfo`, empty where there is none
 * @param usable processors that this process may use
 */
export function threadsFor(setting: number, cpuinfo: string, usable: number): number {
  if (setting > 0) return setting;
  const cores = countCores(cpuinfo);
  return Math.max(1, (cores === 0 ? usable : Math.min(cores, usable)) - 1);
}
