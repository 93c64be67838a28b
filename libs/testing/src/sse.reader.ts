import { StringDecoder } from 'node:string_decoder';

/** One server-sent event. */
export interface SseEvent {
  readonly event: string | undefined;
  readonly data: string;
}

function toEvent(block: string): SseEvent | undefined {
  let event: string | undefined;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) event = line.slice(6).trimStart();
    else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n') };
}

/**
 * The events of a stream as they arrive; comments are left out. What comes after the last blank line is no event,
 * as the specification has it.
 */
export async function* readSse(
  chunks: AsyncIterable<Buffer | string> | Iterable<Buffer | string>,
): AsyncGenerator<SseEvent, void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of chunks) {
    rest += typeof chunk === 'string' ? chunk : decoder.write(chunk);
    const blocks = rest.replaceAll('\r\n', '\n').split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = toEvent(block);
      if (event) yield event;
    }
  }
}

/** All events of a stream that is over. */
export async function collectSse(
  chunks: AsyncIterable<Buffer | string> | Iterable<Buffer | string>,
): Promise<SseEvent[]> {
  const events: SseEvent[] = [];
  for await (const event of readSse(chunks)) events.push(event);
  return events;
}
