import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const KILL_AFTER_MS = 20_000;

/** A child process of a test, with its output kept for the message of a failure. */
export class Program {
  output = '';
  private readonly child: ChildProcess;

  constructor(
    readonly name: string,
    command: readonly [string, ...string[]],
    environment: Readonly<Record<string, string>>,
  ) {
    const [program, ...args] = command;
    this.child = spawn(program, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (data: Buffer) => {
        this.output = (this.output + data.toString()).slice(-200_000);
      });
    }
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`${this.name} did not start`);
    return this.child.pid;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The JSON lines it logged. */
  get logs(): Record<string, unknown>[] {
    return this.output.split('\n').flatMap((line) => {
      if (!line.startsWith('{') || !line.endsWith('}')) return [];
      return [JSON.parse(line) as Record<string, unknown>];
    });
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  /** Resolves with the exit code; null when a signal ended it. */
  async exited(): Promise<number | null> {
    if (this.running) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  /** SIGTERM, and SIGKILL for one that does not end. */
  async stop(): Promise<number | null> {
    if (!this.running) return this.child.exitCode;
    this.signal('SIGTERM');
    const timer = setTimeout(() => {
      if (this.running) this.signal('SIGKILL');
    }, KILL_AFTER_MS);
    const code = await this.exited();
    clearTimeout(timer);
    return code;
  }

  /** Waits until the address answers 2xx. Throws with the output when the program ends first or the time is over. */
  async ready(url: string, mostMs = 60_000): Promise<void> {
    const end = Date.now() + mostMs;
    while (Date.now() < end) {
      if (!this.running) throw new Error(`${this.name} ended with ${String(this.child.exitCode)}:\n${this.output}`);
      if (await answers(url)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${this.name} did not get ready:\n${this.output}`);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
