import type { Socket } from 'node:net';
import { connectTo, type Address } from './raw.client.js';

/** After the last answer that is expected: time for one that is not. */
const EXTRA_MS = 40;
/** A server that says nothing. */
const SILENCE_MS = 10_000;

/** Whole answers in the text that came, by their statuses. */
function statusesOf(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

/** Whether the last answer is there to its end, as its length or its last chunk says. */
function isWhole(text: string): boolean {
  const last = text.slice(text.lastIndexOf('HTTP/1.1 '));
  const end = last.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(last)?.[1];
  if (length !== undefined) return Buffer.byteLength(last) >= end + 4 + Number(length);
  return last.endsWith('\r\n0\r\n\r\n');
}

/**
 * Sends bytes on a connection of their own. Resolves with the statuses of all answers: when the server ends the
 * connection, or a moment after as many as are expected.
 */
export async function statusesFor(address: Address, bytes: string | Buffer, expected: number): Promise<number[]> {
  const socket = await connectTo(address);
  try {
    return await new Promise((resolve, reject) => {
      let text = '';
      const give = (): void => {
        resolve(statusesOf(text));
      };
      const silence = setTimeout(() => {
        reject(new Error(`The server is silent after: ${text.slice(0, 200)}`));
      }, SILENCE_MS);
      socket.on('data', (part) => {
        text += String(part);
        if (statusesOf(text).length >= expected && isWhole(text)) setTimeout(give, EXTRA_MS);
      });
      socket.once('close', () => {
        clearTimeout(silence);
        give();
      });
      socket.write(bytes);
    });
  } finally {
    socket.destroy();
  }
}

/** Opens this many connections, a few at a time, from another address of this machine if one is given. */
export async function connectMany(address: Address, count: number, localAddress?: string): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Math.min(200, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: batch }, () => connectTo(address, localAddress)))));
  }
  return sockets;
}
