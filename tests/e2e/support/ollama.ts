import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '@local-llm-agent/testing';
import { THINKER, THINKING_MODELFILE } from './model-files.js';
import { childrenOf, killAll, runningWith } from './processes.js';
import { Program } from './program.js';
import { until } from './until.js';

/** A real Ollama with its models in a folder of the test. */
export class Ollama {
  private program: Program | undefined;

  private constructor(
    private readonly binary: string,
    private readonly environment: Readonly<Record<string, string>>,
    readonly url: string,
  ) {}

  /** Starts one and imports the files under their names. */
  static async start(folder: string, files: ReadonlyMap<string, string>): Promise<Ollama> {
    const binary = process.env['TEST_OLLAMA_BIN'];
    if (!binary) throw new Error('TEST_OLLAMA_BIN is not set: run the suite by npm run test:ollama.');
    const host = `127.0.0.1:${await freePort()}`;
    const environment = {
      OLLAMA_HOST: host,
      OLLAMA_MODELS: path.join(folder, 'ollama'),
      OLLAMA_NUM_PARALLEL: '2',
      HOME: folder,
    };
    const ollama = new Ollama(binary, environment, `http://${host}`);
    await ollama.startAgain();
    for (const [name, file] of files)
      ollama.create(
        name,
        `FROM ${file}
${name === THINKER ? THINKING_MODELFILE : ''}`,
      );
    return ollama;
  }

  /** Makes a model of the words of a Modelfile. It runs with one thread. */
  create(name: string, modelfile: string): void {
    const file = path.join(this.environment['HOME'] ?? '', 'Modelfile');
    writeFileSync(file, `${modelfile}\nPARAMETER num_thread 1\n`);
    const env = { ...process.env, ...this.environment };
    execFileSync(this.binary, ['create', name, '-f', file], { env, stdio: 'ignore' });
  }

  /** How many times it has started a process for a model. */
  get loads(): number {
    return this.program?.output.match(/llama runner started/g)?.length ?? 0;
  }

  /** Starts it on the same address, after it ended. */
  async startAgain(): Promise<void> {
    this.program = new Program('ollama', [this.binary, 'serve'], this.environment);
    await this.program.ready(`${this.url}/api/version`);
  }

  get pid(): number {
    if (!this.program) throw new Error('Ollama was not started.');
    return this.program.pid;
  }

  /** Names of the models it holds in memory. */
  async residents(): Promise<readonly string[]> {
    const { models } = (await (await fetch(`${this.url}/api/ps`)).json()) as { models: readonly { name: string }[] };
    return models.map(({ name }) => name.replace(/:latest$/, ''));
  }

  /** SIGKILL for the server and for the processes of its models, one that it was starting included. */
  async kill(): Promise<void> {
    killAll([this.pid, ...childrenOf(this.pid)]);
    await this.program?.exited();
    await this.endLeftOver();
  }

  /** Stops the server without closing anything: it takes connections and says nothing. */
  freeze(): void {
    this.program?.signal('SIGSTOP');
  }

  /** Lets a frozen server go on. */
  thaw(): void {
    this.program?.signal('SIGCONT');
  }

  /** Ends it in good order. */
  async stop(): Promise<void> {
    await this.program?.stop();
    await this.endLeftOver();
  }

  /** The server is gone and starts no more; what it started has its settings, with the address and folder of this test. */
  private async endLeftOver(): Promise<void> {
    await until('no process of a model is left over', () => {
      const left = runningWith(this.environment);
      killAll(left);
      return left.length === 0;
    });
  }
}
