import { describe, expect, it } from '@jest/globals';
import { readLines } from './line.reader';

function answerOf(...parts: readonly string[]): Response {
  const bytes = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const part of parts) controller.enqueue(bytes.encode(part));
      controller.close();
    },
  });
  return new Response(stream);
}

describe('the lines of an answer', () => {
  it('are whole, however the bytes are cut, the last one without an end too', async () => {
    const lines: string[] = [];
    for await (const line of readLines(answerOf('{"a":', '1}\n\n{"b"', ':2}\n{"c":3}'))) lines.push(line);
    expect(lines).toEqual(['{"a":1}', '{"b":2}', '{"c":3}']);
  });

  it('end the exchange when nobody wants more of them', async () => {
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode('x\n')),
      cancel: () => void (cancelled = true),
    });
    let cancelled = false;
    for await (const line of readLines(new Response(endless))) {
      expect(line).toBe('x');
      break;
    }
    expect(cancelled).toBe(true);
  });
});
