import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@local-llm-agent/testing';

/** What `npm run build` made. */
const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const START_MS = 60_000;

/** A gateway in a process of its own, as it is shipped. */
export class GatewayProcess {
  /** All that it wrote. */
  output = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (part: Buffer) => {
        this.output += part.toString('utf8');
      });
  }

  /** Starts one with these settings and options of Node, and resolves when it listens. */
  static async start(
    settings: Readonly<Record<string, string>>,
    nodeOptions: readonly string[] = [],
  ): Promise<GatewayProcess> {
    const port = await freePort();
    const child = spawn(process.execPath, [...nodeOptions, path.join(DIST, 'main.js')], {
      env: { PATH: process.env['PATH'], RATE_LIMITS: 'off', USAGE: 'off', GATEWAY_PORTS: String(port), ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const gateway = new GatewayProcess(child, port);
    await gateway.says(/gateway listens/);
    return gateway;
  }

  /** Resolves when it has written such a line. */
  async says(line: RegExp): Promise<void> {
    const end = Date.now() + START_MS;
    while (!line.test(this.output)) {
      if (Date.now() > end || this.child.exitCode !== null)
        throw new Error(`The gateway did not say ${String(line)}, but: ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Its process id. */
  get pid(): number {
    return this.child.pid!;
  }

  /** Ends it at once, as a crash does. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  /** Asks it to end, and resolves to its exit code. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      await once(this.child, 'exit');
    }
    return this.child.exitCode;
  }
}

/** Runs the command line of keys with these settings and gives what it wrote. */
export async function runKeysCommandLine(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly out: string; readonly errors: string }> {
  const child = spawn(process.execPath, [path.join(DIST, 'keys.main.js'), ...args], {
    env: { PATH: process.env['PATH'], ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let errors = '';
  child.stdout.on('data', (part: Buffer) => (out += part.toString('utf8')));
  child.stderr.on('data', (part: Buffer) => (errors += part.toString('utf8')));
  await once(child, 'close');
  return { code: child.exitCode, out, errors };
}
