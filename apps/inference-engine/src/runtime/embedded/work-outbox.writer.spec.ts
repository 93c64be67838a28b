import { describe, expect, it } from '@jest/globals';
import { WorkOutbox } from './work-outbox.writer.js';
import { UNREAD_EVENTS, type WorkEvent } from './embedded.messages.js';

/** Runs everything that can run without a new event. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function writeAll(outbox: WorkOutbox, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await outbox.write({ type: 'text', text: `${index}` });
}

describe('WorkOutbox', () => {
  it('pauses the generation while too many events are unread, and goes on when they are read', async () => {
    const sent: WorkEvent[] = [];
    const outbox = new WorkOutbox((event) => sent.push(event), new AbortController().signal);
    const writing = writeAll(outbox, UNREAD_EVENTS + 5);
    await settle();
    expect(sent).toHaveLength(UNREAD_EVENTS);
    outbox.read(2);
    await settle();
    expect(sent).toHaveLength(UNREAD_EVENTS + 2);
    outbox.read(UNREAD_EVENTS);
    await writing;
    expect(sent).toHaveLength(UNREAD_EVENTS + 5);
  });

  it('lets a paused generation end when the work is cancelled, and sends nothing more', async () => {
    const sent: WorkEvent[] = [];
    const cancel = new AbortController();
    const outbox = new WorkOutbox((event) => sent.push(event), cancel.signal);
    const writing = writeAll(outbox, UNREAD_EVENTS * 2);
    await settle();
    cancel.abort();
    await writing;
    expect(sent).toHaveLength(UNREAD_EVENTS);
  });
});
