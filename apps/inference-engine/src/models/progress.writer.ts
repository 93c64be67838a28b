import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { ManagementProgress } from '@local-llm-agent/contracts';
import { contextOf } from '@local-llm-agent/http';

/**
 * Writes one line of JSON for each step, no faster than the client takes them. Nothing is sent before the first step,
 * so that a refusal keeps its status; a later failure is the last line, `{"error": {...}}`.
 */
export async function writeProgress(
  progress: AsyncIterable<ManagementProgress>,
  res: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  for await (const step of progress) {
    if (!res.headersSent) {
      contextOf(res).errorEvent = (error) => `${JSON.stringify(error.toBody())}\n`;
      res.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-cache' });
    }
    if (!res.write(`${JSON.stringify(step)}\n`)) await once(res, 'drain', { signal });
  }
  res.end();
}
