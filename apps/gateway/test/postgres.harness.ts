import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { ensureServer, freePort } from '@local-llm-agent/testing';

const VERSIONS = '/usr/lib/postgresql';
const START_MS = 20_000;
const USER = 'gateway';

/** Sends a signal to a process of the server; one whose connection has just ended is not there any more. */
function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The folder of the newest installed server. */
function programs(): string | undefined {
  if (!existsSync(VERSIONS)) return undefined;
  return readdirSync(VERSIONS)
    .sort((one, other) => Number(other) - Number(one))
    .map((version) => path.join(VERSIONS, version, 'bin'))
    .find((folder) => existsSync(path.join(folder, 'postgres')));
}

/** Makes sure that there is a Postgres; see {@link ensureServer}. */
export function ensurePostgres(): string | undefined {
  return ensureServer('postgresql', () => programs() !== undefined);
}

/** Whom the server runs as: it refuses to be root. */
function serverUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** A real Postgres on a port of its own, with an empty database. */
export class PostgresServer {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly port: number,
    private readonly folder: string,
    private readonly user: { uid?: number; gid?: number },
  ) {}

  /** Starts one, and resolves when it takes connections. */
  static async start(): Promise<PostgresServer> {
    const user = serverUser();
    const folder = mkdtempSync(path.join(os.tmpdir(), 'gateway-postgres-'));
    if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
    const args = ['-D', folder, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
    execFileSync(path.join(programs() ?? '', 'initdb'), args, { ...user, cwd: folder, stdio: 'pipe' });
    const server = new PostgresServer(await freePort(), folder, user);
    await server.startAgain();
    return server;
  }

  get url(): string {
    return `postgres://${USER}@127.0.0.1:${this.port}/postgres`;
  }

  /** Starts it on the same port with what it had, after it was stopped. */
  async startAgain(): Promise<void> {
    const settings = ['fsync=off', 'shared_buffers=16MB', 'unix_socket_directories=', 'listen_addresses=127.0.0.1'];
    const args = ['-D', this.folder, '-p', String(this.port), ...settings.flatMap((setting) => ['-c', setting])];
    this.child = spawn(path.join(programs() ?? '', 'postgres'), args, {
      ...this.user,
      cwd: this.folder,
      stdio: 'ignore',
    });
    const end = Date.now() + START_MS;
    while (!(await this.answers())) {
      if (Date.now() > end || this.child.exitCode !== null) throw new Error('postgres did not start.');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Runs one statement. */
  async query(sql: string): Promise<readonly Record<string, unknown>[]> {
    const client = new Client({ connectionString: this.url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** Stops its work without closing its connections, as a machine does that hangs. */
  freeze(): void {
    for (const pid of this.processes()) signal(pid, 'SIGSTOP');
  }

  /** Lets it work on. */
  thaw(): void {
    for (const pid of this.processes()) signal(pid, 'SIGCONT');
  }

  /** Ends it at once, with all its connections. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    // Immediate shutdown: the server ends its own processes, which a SIGKILL would leave behind.
    child.kill('SIGQUIT');
    await once(child, 'exit');
  }

  /** Ends it and removes what it kept. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The server and a process for each connection; a session each, so that no signal reaches all. */
  private processes(): number[] {
    const pid = this.child?.pid;
    if (pid === undefined) return [];
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return [pid, ...(children === '' ? [] : children.split(' ').map(Number))];
  }

  private async answers(): Promise<boolean> {
    try {
      await this.query('select 1');
      return true;
    } catch {
      return false;
    }
  }
}
