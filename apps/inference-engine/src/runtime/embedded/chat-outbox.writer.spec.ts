import { describe, expect, it } from '@jest/globals';
import { ChatOutbox } from './chat-outbox.writer.js';
import { UNREAD_TEXTS } from './embedded.messages.js';

/** Runs everything that can run without a new event. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function writeAll(outbox: ChatOutbox, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await outbox.write(`${index}`);
}

describe('ChatOutbox', () => {
  it('pauses the generation while too many texts are unread, and goes on when they are read', async () => {
    const sent: string[] = [];
    const outbox = new ChatOutbox((text) => sent.push(text), new AbortController().signal);
    const writing = writeAll(outbox, UNREAD_TEXTS + 5);
    await settle();
    expect(sent).toHaveLength(UNREAD_TEXTS);
    outbox.read(2);
    await settle();
    expect(sent).toHaveLength(UNREAD_TEXTS + 2);
    outbox.read(UNREAD_TEXTS);
    await writing;
    expect(sent).toHaveLength(UNREAD_TEXTS + 5);
  });

  it('lets a paused generation end when the chat is cancelled, and sends nothing more', async () => {
    const sent: string[] = [];
    const cancel = new AbortController();
    const outbox = new ChatOutbox((text) => sent.push(text), cancel.signal);
    const writing = writeAll(outbox, UNREAD_TEXTS * 2);
    await settle();
    cancel.abort();
    await writing;
    expect(sent).toHaveLength(UNREAD_TEXTS);
  });
});
