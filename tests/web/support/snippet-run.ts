import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';

const run = promisify(execFile);
const NODE_MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));
/** A bound against hanging; the real model is slow on a busy machine. */
const LONGEST_MS = 110_000;

/** A folder in which snippets run as a user would run them: with the packages they need, and nothing of ours. */
export class SnippetFolder {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'llm-agent-snippets-'));
  private readonly programs = path.join(this.folder, 'bin');

  constructor() {
    mkdirSync(this.programs);
    symlinkSync(NODE_MODULES, path.join(this.folder, 'node_modules'));
  }

  /** Writes a file there; gives its path. */
  write(name: string, text: string): string {
    const file = path.join(this.folder, name);
    writeFileSync(file, text);
    return file;
  }

  /** Makes a name a command: another program, or lines of shell. */
  addCommand(name: string, line: string): void {
    const file = path.join(this.programs, name);
    writeFileSync(file, `#!/bin/sh\nexec ${line}\n`);
    chmodSync(file, 0o755);
  }

  /** What the environment of a fresh terminal has. */
  get environment(): Record<string, string> {
    return { PATH: `${this.programs}:${process.env['PATH'] ?? ''}`, HOME: this.folder, LANG: 'C.UTF-8' };
  }

  /** Runs a command; gives what it printed. Throws when it fails. */
  async execute(command: string, args: readonly string[]): Promise<string> {
    const options = { cwd: this.folder, env: this.environment, timeout: LONGEST_MS };
    const running = run(command, [...args], options);
    // `ollama run` takes what comes here for a part of its prompt, and waits for the end of it.
    running.child.stdin?.end();
    return (await running).stdout;
  }

  /** Removes it. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
