import { describe, expect, it } from '@jest/globals';
import { WorkInbox } from './work-inbox.reader.js';

describe('WorkInbox', () => {
  it('gives everything that came since the last look, and says when nothing follows', async () => {
    const inbox = new WorkInbox();
    inbox.push({ type: 'text', text: 'a' }, false);
    inbox.push({ type: 'text', text: 'b' }, false);
    expect(await inbox.next()).toMatchObject({ events: [{ text: 'a' }, { text: 'b' }], last: false });
    const next = inbox.next();
    inbox.push({ type: 'count', tokens: 3 }, true);
    expect(await next).toEqual({ events: [{ type: 'count', tokens: 3 }], last: true });
    expect(inbox.open).toBe(false);
    await inbox.settled;
  });

  it('throws a failure, whatever came before it', async () => {
    const inbox = new WorkInbox();
    inbox.push({ type: 'text', text: 'a' }, false);
    inbox.end(new Error('gone'));
    await expect(inbox.next()).rejects.toThrow('gone');
    await inbox.settled;
  });

  it('is settled only by the model process, not by the reader’s own failure', async () => {
    const inbox = new WorkInbox();
    inbox.fail(new Error('client left'));
    await expect(inbox.next()).rejects.toThrow('client left');
    expect(inbox.open).toBe(true);
    inbox.end();
    await inbox.settled;
    expect(inbox.open).toBe(false);
  });
});
