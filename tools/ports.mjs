import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';

const LISTENING = '0A';

/** A port of loopback that nobody uses now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Tries to listen: the only sure way to know. Gives the error code, or undefined when the port is free. */
function tryListen(host, port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', (error) => resolve(error.code));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** Inodes of the sockets that listen on a port, from the kernel's tables. */
function listeningInodes(port) {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = ['/proc/net/tcp', '/proc/net/tcp6']
    .filter((table) => fs.existsSync(table))
    .flatMap((table) => fs.readFileSync(table, 'utf8').split('\n').slice(1))
    .map((row) => row.trim().split(/\s+/));
  return new Set(rows.filter((row) => row[1]?.endsWith(suffix) && row[3] === LISTENING).map((row) => row[9]));
}

/** Calls that fail here because the process is another user's, or has just ended, are no news. */
function quietly(read, otherwise) {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function processOnLinux(port) {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  const isHolder = (pid) =>
    quietly(() => fs.readdirSync(`/proc/${pid}/fd`), []).some((fd) => {
      const target = quietly(() => fs.readlinkSync(`/proc/${pid}/fd/${fd}`), '');
      return target.startsWith('socket:[') && inodes.has(target.slice(8, -1));
    });
  const pid = fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find(isHolder);
  if (!pid) return undefined;
  const command = quietly(() => fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '')
    .replaceAll('\0', ' ')
    .trim();
  return { pid: Number(pid), command };
}

function processByLsof(port) {
  const options = { encoding: 'utf8', timeout: 3_000, stdio: ['ignore', 'pipe', 'ignore'] };
  const output = quietly(() => execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], options), '');
  const pid = /^p(\d+)$/m.exec(output)?.[1];
  return pid ? { pid: Number(pid), command: /^c(.+)$/m.exec(output)?.[1] ?? '' } : undefined;
}

/**
 * The process that listens on a port, when it can be seen.
 * @param {number} port
 * @returns {{ pid: number, command: string } | undefined}
 */
function findListener(port) {
  return fs.existsSync('/proc/net/tcp') ? processOnLinux(port) : processByLsof(port);
}

function describe({ host, port, setting }, code) {
  if (code === 'EACCES') return `Port ${port} may not be used by this user: set ${setting} to a port above 1023.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${host} is no address of this machine (port ${port}).`;
  if (code !== 'EADDRINUSE') return `Port ${port} on ${host} cannot be used (${code}): set ${setting} to another.`;
  const holder = findListener(port);
  const command = holder?.command.slice(0, 120);
  const who = holder ? `by process ${holder.pid}${command ? ` (${command})` : ''}` : 'by another process';
  return `Port ${port} is in use ${who}: stop it, or set ${setting} to another port.`;
}

/**
 * Checks that ports can be listened on.
 * @param {readonly { host: string, port: number, setting: string }[]} wanted `setting` is the variable that changes it
 * @returns {Promise<string[]>} one message for each port that cannot
 */
export async function findBusyPorts(wanted) {
  const codes = await Promise.all(wanted.map(({ host, port }) => tryListen(host, port)));
  return wanted.flatMap((entry, index) => (codes[index] ? [describe(entry, codes[index])] : []));
}
