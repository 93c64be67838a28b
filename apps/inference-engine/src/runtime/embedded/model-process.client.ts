import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { atMost } from '@local-llm-agent/http';
import type { AttachedLora, LoadPlan } from '../runtime.contract.js';
import type { ChildMessage, LoadOrder, LogLevel, ParentMessage, Work, WorkEvent } from './embedded.messages.js';
import { loadFailed, notLoaded, processEnded, workError } from './failure.translate.js';
import { WorkInbox } from './work-inbox.reader.js';

/** Where the runtime's messages for operators go. */
export type RuntimeLog = (level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>) => void;

/** What a model process is started with. */
export interface ProcessOptions {
  /** The script of the process. */
  readonly entry: string;
  readonly plan: LoadPlan;
  readonly order: LoadOrder;
  readonly log: RuntimeLog;
  /** Called when the process ends though nobody told it to, after it was ready. */
  readonly onLost: () => void;
}

/** How long a process may take to end by itself. */
const EXIT_MS = 5000;
/** How long the end of cancelled work waits for its slot to be free. */
const CANCEL_MS = 2000;
/** How long a process may take to say what memory it uses. */
const MEASURE_MS = 2000;
/** It is asked every few seconds, and answers while it works: after so many silences in a row it hangs. */
const MOST_SILENCES = 15;
/** Longest line of a model process that is logged. */
const LINE_LENGTH = 2000;

/** One model in a process of its own, so that unloading frees its memory and a native crash ends nothing else. */
export class ModelProcess {
  /** Settles when the process is gone. */
  readonly gone: Promise<void>;
  /** The LoRAs that are over the model, by their paths. */
  readonly loras = new Map<string, AttachedLora>();
  private readonly child: ChildProcess;
  private readonly running = new Map<number, WorkInbox>();
  private lastId = 0;
  private bytes = 0;
  private ready = false;
  private alive = true;
  private stopping = false;
  private loadReason: string | undefined;
  private onReady: () => void = () => undefined;
  /** Shared by all that ask at the same time, so that each silence is counted once. */
  private measuring: Promise<void> | undefined;
  private onMeasured: () => void = () => undefined;
  /** Questions in a row that were not answered in time. */
  private silences = 0;

  private constructor(private readonly options: ProcessOptions) {
    // Its own arguments: those of this process (a debugger, a loader) are not meant for it.
    this.child = fork(options.entry, [], { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.gone = new Promise((resolve) => {
      const end = (how: string): void => {
        this.ended(how);
        resolve();
      };
      this.child.once('exit', (code, signal) => {
        end(signal ?? `exit code ${code}`);
      });
      this.child.once('error', (error) => {
        this.loadReason ??= error.message;
        if (this.child.pid === undefined) end(error.message);
      });
    });
    this.child.on('message', (message) => {
      this.receive(message as ChildMessage);
    });
    this.logLines(this.child.stdout, 'debug');
    this.logLines(this.child.stderr, 'warn');
  }

  /** Starts a process and loads the model in it. Aborting kills it and throws the signal's reason. */
  static async start(options: ProcessOptions, signal: AbortSignal): Promise<ModelProcess> {
    const process = new ModelProcess(options);
    const ready = new Promise<void>((resolve) => {
      process.onReady = resolve;
    });
    const kill = (): void => {
      process.kill();
    };
    signal.addEventListener('abort', kill, { once: true });
    try {
      if (signal.aborted) kill();
      else process.send({ type: 'load', ...options.order });
      await Promise.race([ready, process.gone]);
      // A process that was killed just after it was ready is gone soon, and must be before this ends.
      if (signal.aborted) await process.gone;
      signal.throwIfAborted();
      if (process.ready && process.alive) return process;
      process.kill();
      await process.gone;
      throw loadFailed(options.plan.name, process.loadReason ?? 'its process ended');
    } finally {
      signal.removeEventListener('abort', kill);
    }
  }

  /** How the model was loaded. */
  get plan(): LoadPlan {
    return this.options.plan;
  }

  /** Id of the process in the system. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /**
   * Memory of the process now, in bytes; the last known figure when it does not answer. One that is asked in vain many
   * times in a row hangs, and is ended: its requests would wait in vain as well.
   */
  async measure(): Promise<number> {
    this.measuring ??= this.askForMemory().finally(() => {
      this.measuring = undefined;
    });
    await this.measuring;
    return this.bytes;
  }

  /**
   * Does some work, and gives its events in batches. Leaving the loop, or aborting the signal, stops it; it then throws
   * the signal's reason.
   */
  async *run(work: Work, signal: AbortSignal): AsyncGenerator<readonly WorkEvent[]> {
    if (!this.alive) throw notLoaded(this.plan.name);
    const id = ++this.lastId;
    const inbox = new WorkInbox();
    const cancel = (): void => {
      this.send({ type: 'cancel', id });
      inbox.fail(signal.reason);
    };
    this.running.set(id, inbox);
    signal.addEventListener('abort', cancel, { once: true });
    try {
      this.send({ type: 'work', id, work });
      for (;;) {
        const { events, last } = await inbox.next();
        if (events.length > 0) yield events;
        if (last) return;
        this.send({ type: 'read', id, count: events.length });
      }
    } finally {
      signal.removeEventListener('abort', cancel);
      if (inbox.open) {
        this.send({ type: 'cancel', id });
        await atMost(CANCEL_MS, inbox.settled, undefined);
      }
      this.running.delete(id);
    }
  }

  /** Ends the process; settles when it is gone. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.send({ type: 'exit' });
    const timer = setTimeout(() => {
      this.kill();
    }, EXIT_MS);
    await this.gone;
    clearTimeout(timer);
  }

  private async askForMemory(): Promise<void> {
    this.silences += 1;
    const answered = new Promise<void>((resolve) => {
      this.onMeasured = resolve;
    });
    this.send({ type: 'measure' });
    await atMost(MEASURE_MS, Promise.race([answered, this.gone]), undefined);
    if (this.silences < MOST_SILENCES || !this.alive) return;
    this.log('error', `the model process was asked ${this.silences} times and said nothing: it is ended`);
    // Nobody told it to stop, so it counts as lost.
    this.child.kill('SIGKILL');
  }

  private kill(): void {
    this.stopping = true;
    this.child.kill('SIGKILL');
  }

  private send(message: ParentMessage): void {
    if (!this.child.connected) return;
    this.child.send(message, (error) => {
      // The end of the process, which follows, fails what waits for it.
      if (error) this.log('debug', `a message did not reach the model process: ${error.message}`);
    });
  }

  private receive(message: ChildMessage): void {
    switch (message.type) {
      case 'ready':
        this.ready = true;
        this.bytes = message.bytes;
        this.onReady();
        return;
      case 'loadFailed':
        this.loadReason = message.reason;
        this.onReady();
        return;
      case 'measured':
        this.bytes = message.bytes;
        this.silences = 0;
        this.onMeasured();
        return;
      case 'log':
        this.log(message.level, message.message);
        return;
      case 'event':
        this.running.get(message.id)?.push(message.event, message.last);
        return;
      case 'failed':
        this.running.get(message.id)?.end(workError(this.plan.name, message.failure));
        return;
      case 'cancelled':
        this.running.get(message.id)?.end();
    }
  }

  private ended(how: string): void {
    this.alive = false;
    for (const inbox of this.running.values()) if (inbox.open) inbox.end(processEnded(this.plan.name, how));
    this.loadReason ??= `its process ended (${how})`;
    if (!this.ready || this.stopping) return;
    this.log('error', `the model process ended (${how})`);
    this.options.onLost();
  }

  private log(level: LogLevel, message: string): void {
    this.options.log(level, message, { model: this.plan.name, pid: this.pid });
  }

  private logLines(stream: Readable | null, level: LogLevel): void {
    if (stream === null) return;
    createInterface({ input: stream }).on('line', (line) => {
      if (line.trim() !== '') this.log(level, line.slice(0, LINE_LENGTH));
    });
  }
}
