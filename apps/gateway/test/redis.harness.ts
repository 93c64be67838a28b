import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { createConnection } from 'node:net';
import path from 'node:path';
import { ensureServer, freePort } from '@local-llm-agent/testing';

const PROGRAM = 'redis-server';
const START_MS = 10_000;

function onPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Makes sure that there is a redis-server; see {@link ensureServer}. */
export function ensureRedis(): string | undefined {
  return ensureServer(PROGRAM, () => onPath(PROGRAM));
}

/** A real Redis on a port of its own, which keeps nothing on the disk. */
export class RedisServer {
  private child: ChildProcess | undefined;

  private constructor(private readonly port: number) {}

  /** Starts one, and resolves when it takes connections. */
  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort());
    await server.startAgain();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it on the same port, after it was stopped; it is empty then. */
  async startAgain(): Promise<void> {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    this.child = spawn(PROGRAM, args, { stdio: 'ignore' });
    const end = Date.now() + START_MS;
    while (!(await this.listens())) {
      if (Date.now() > end || this.child.exitCode !== null) throw new Error(`${PROGRAM} did not start.`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Stops its work without closing its connections, as a machine does that hangs. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  /** Lets it work on. */
  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  /** Ends it at once. */
  async stop(): Promise<void> {
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  private async listens(): Promise<boolean> {
    const socket = createConnection(this.port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}
