import { ChatOutbox } from './chat-outbox.writer.js';
import type { ChatOrder, ChildMessage, LoadOrder, ParentMessage } from './embedded.messages.js';
import { answerChat } from './generation.service.js';
import { loadModel, type LoadedModel } from './model.service.js';

/** A chat in progress. */
interface RunningChat {
  readonly outbox: ChatOutbox;
  readonly cancel: AbortController;
}

const chats = new Map<number, RunningChat>();
let model: LoadedModel | undefined;

function send(message: ChildMessage): void {
  // Without its engine the process has nothing to do; `disconnect` ends it.
  if (process.connected) process.send?.(message);
}

async function load(order: LoadOrder): Promise<void> {
  try {
    model = await loadModel(order, (level, message) => {
      send({ type: 'log', level, message });
    });
    send({ type: 'ready', bytes: process.memoryUsage.rss() });
  } catch (error) {
    send({ type: 'loadFailed', reason: error instanceof Error ? error.message : String(error) });
  }
}

async function chat(id: number, order: ChatOrder): Promise<void> {
  if (model === undefined) {
    send({ type: 'failed', id, failure: { kind: 'internal', reason: 'no model is loaded' } });
    return;
  }
  const cancel = new AbortController();
  const { signal } = cancel;
  const outbox = new ChatOutbox((text) => {
    send({ type: 'text', id, text });
  }, signal);
  chats.set(id, { outbox, cancel });
  const end = await answerChat(model, order, { write: (text) => outbox.write(text), signal });
  chats.delete(id);
  send({ ...end, id });
}

function receive(message: ParentMessage): void {
  switch (message.type) {
    case 'load':
      void load(message);
      return;
    case 'chat':
      void chat(message.id, message);
      return;
    case 'read':
      chats.get(message.id)?.outbox.read(message.count);
      return;
    case 'cancel':
      chats.get(message.id)?.cancel.abort();
      return;
    case 'measure':
      send({ type: 'measured', bytes: process.memoryUsage.rss() });
      return;
    case 'exit':
      process.exit(0);
  }
}

// Signals to the process group (Ctrl-C, a service manager's stop) are the engine's to handle: it lets chats finish.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

// The engine is gone. A normal exit would first wait for the native evaluation or load in progress.
process.on('disconnect', () => {
  process.kill(process.pid, 'SIGKILL');
});

process.on('message', (message) => {
  receive(message as ParentMessage);
});
