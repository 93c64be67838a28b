import type { ServerResponse } from 'node:http';

function send(body: string, headers: Readonly<Record<string, string>>, res: ServerResponse): void {
  const bytes = Buffer.from(body);
  res.writeHead(200, { ...headers, 'content-length': bytes.length });
  res.end(bytes);
}

/** Sends a whole answer that is JSON already. */
export function sendJson(body: string, res: ServerResponse): void {
  send(body, { 'content-type': 'application/json; charset=utf-8' }, res);
}

/** Sends a whole table, to be kept under this name of plain letters. */
export function sendCsv(body: string, name: string, res: ServerResponse): void {
  const disposition = `attachment; filename="${name}"`;
  send(body, { 'content-type': 'text/csv; charset=utf-8; header=present', 'content-disposition': disposition }, res);
}
