/**
 * The least that a Node tier can do: bytes in, bytes out, nothing read. Two of them in a row are the floor for a gateway
 * of two tiers. Usage: node floor.mjs PORT UPSTREAM_ORIGIN
 */
import http from 'node:http';
import { Pool } from 'undici';

const pool = new Pool(process.argv[3], { connections: 128 });
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host', 'content-length', 'date']);

function endToEnd(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}

function forward(req, res, body) {
  pool.dispatch(
    { path: req.url, method: req.method, headers: endToEnd(req.headers), body: body.length > 0 ? body : null },
    {
      onRequestStart() {},
      onResponseStart(_controller, status, headers) {
        res.writeHead(status, endToEnd(headers));
      },
      onResponseData(controller, data) {
        if (res.write(data)) return;
        controller.pause();
        res.once('drain', () => controller.resume());
      },
      onResponseEnd() {
        res.end();
      },
      onResponseError() {
        res.destroy();
      },
    },
  );
}

http
  .createServer((req, res) => {
    const parts = [];
    req.on('data', (data) => parts.push(data));
    req.on('end', () => forward(req, res, Buffer.concat(parts)));
  })
  .listen(Number(process.argv[2]), '127.0.0.1');
