import type { ServerResponse } from 'node:http';

/** Sends a whole answer that is JSON already. */
export function sendJson(body: string, res: ServerResponse): void {
  const bytes = Buffer.from(body);
  res.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length });
  res.end(bytes);
}
