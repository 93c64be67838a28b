import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';

/**
 * The server-sent events of an answer, one by one; comments go to `onComment`.
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html)
 */
export async function* readEvents(
  response: Response,
  onComment?: (comment: string) => void,
): AsyncGenerator<EventSourceMessage> {
  if (!response.body) return;
  const events = response.body
    .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
    .pipeThrough(new EventSourceParserStream(onComment ? { onComment } : {}));
  const reader = events.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
