import { embed, loadEmbeddingModel, type LoadedEmbeddingModel } from './embedding.service.js';
import type { ChildMessage, LoadOrder, ParentMessage, Work, WorkEnd } from './embedded.messages.js';
import { generate, toFailure, type WorkChannel } from './generation.service.js';
import { LoraViews } from './lora.service.js';
import { loadModel, type LoadedModel } from './model.service.js';
import { chatPrompt } from './prompt.translate.js';
import { WorkOutbox } from './work-outbox.writer.js';

/** Work in progress. */
interface RunningWork {
  readonly outbox: WorkOutbox;
  readonly cancel: AbortController;
}

const running = new Map<number, RunningWork>();
let writer: LoadedModel | undefined;
let views: LoraViews | undefined;
let embedder: LoadedEmbeddingModel | undefined;

function send(message: ChildMessage): void {
  // Without its engine the process has nothing to do; `disconnect` ends it.
  if (process.connected) process.send?.(message);
}

function memoryOfProcess(): number {
  return process.memoryUsage.rss();
}

async function load(order: LoadOrder): Promise<void> {
  const log = (level: 'debug' | 'info' | 'warn' | 'error', message: string): void => {
    send({ type: 'log', level, message });
  };
  try {
    if (order.purpose === 'embedding') embedder = await loadEmbeddingModel(order, log);
    else {
      writer = await loadModel(order, log);
      views = new LoraViews(writer, memoryOfProcess);
    }
    send({ type: 'ready', bytes: memoryOfProcess() });
  } catch (error) {
    send({ type: 'loadFailed', reason: error instanceof Error ? error.message : String(error) });
  }
}

async function carryOut(work: Work, channel: WorkChannel): Promise<WorkEnd> {
  if (work.kind === 'embed' && embedder !== undefined) return embed(embedder, work.inputs, channel);
  if (work.kind === 'generate') {
    const model = await views?.through(work.order.lora);
    if (model !== undefined) return generate(model, work.order, channel);
    if (writer !== undefined) return { type: 'failed', failure: { kind: 'lora', reason: 'it is not attached' } };
  }
  if (work.kind === 'attach' && views !== undefined) return attach(views, work.lora);
  if (work.kind === 'count' && writer !== undefined) return count(writer, work);
  return { type: 'failed', failure: { kind: 'internal', reason: `no model is loaded to ${work.kind} with` } };
}

async function attach(loras: LoraViews, lora: string): Promise<WorkEnd> {
  try {
    return { type: 'event', event: { type: 'attached', ...(await loras.attach(lora)) }, last: true };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { type: 'failed', failure: { kind: 'lora', reason } };
  }
}

function count(model: LoadedModel, { input }: Extract<Work, { kind: 'count' }>): WorkEnd {
  try {
    const { tokens } = chatPrompt(input, model.prompt, false);
    return { type: 'event', event: { type: 'count', tokens: tokens.length }, last: true };
  } catch (error) {
    return { type: 'failed', failure: toFailure(error) };
  }
}

async function start(id: number, work: Work): Promise<void> {
  const cancel = new AbortController();
  const { signal } = cancel;
  const outbox = new WorkOutbox((event) => {
    send({ type: 'event', id, event, last: false });
  }, signal);
  running.set(id, { outbox, cancel });
  const end = await carryOut(work, { write: (event) => outbox.write(event), signal });
  running.delete(id);
  send({ ...end, id });
}

function receive(message: ParentMessage): void {
  switch (message.type) {
    case 'load':
      void load(message);
      return;
    case 'work':
      void start(message.id, message.work);
      return;
    case 'read':
      running.get(message.id)?.outbox.read(message.count);
      return;
    case 'cancel':
      running.get(message.id)?.cancel.abort();
      return;
    case 'measure':
      send({ type: 'measured', bytes: memoryOfProcess() });
      return;
    case 'exit':
      process.exit(0);
  }
}

// Signals to the process group (Ctrl-C, a service manager's stop) are the engine's to handle: it lets work finish.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

// The engine is gone. A normal exit would first wait for the native evaluation or load in progress.
process.on('disconnect', () => {
  process.kill(process.pid, 'SIGKILL');
});

process.on('message', (message) => {
  receive(message as ParentMessage);
});
