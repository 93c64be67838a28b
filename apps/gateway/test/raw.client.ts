import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Where a gateway listens on this machine. */
export interface Address {
  readonly port: number;
}

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Opens a bare connection, from another address of this machine if one is given; it ends with the test at the latest. */
export async function connectTo({ port }: Address, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  await once(socket, 'connect');
  // Whoever reads it sees its end; a reset after the answer is none of its business.
  socket.on('error', () => undefined);
  return socket;
}

/** Reads the first answer on a connection, however it is framed. */
export function parseRaw(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [line = '', ...fields] = head.split('\r\n');
  const headers = Object.fromEntries(
    fields.map((field) => [
      field.slice(0, field.indexOf(':')).toLowerCase(),
      field.slice(field.indexOf(':') + 1).trim(),
    ]),
  );
  const body = rest.join('\r\n\r\n').slice(0, Number(headers['content-length'] ?? Infinity));
  return { status: Number(line.split(' ')[1]), headers, body };
}

/** Reads until the first answer is whole or the connection ends. */
export async function readRaw(socket: Socket): Promise<RawAnswer> {
  let text = '';
  for await (const part of socket) {
    text += String(part);
    const end = text.indexOf('\r\n\r\n');
    const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
    if (end >= 0 && length !== undefined && Buffer.byteLength(text) >= end + 4 + Number(length)) break;
  }
  return parseRaw(text);
}

/** Sends bytes on a connection of their own and reads the answer. */
export async function askRaw(gateway: Address, bytes: string | Buffer): Promise<RawAnswer> {
  const socket = await connectTo(gateway);
  try {
    socket.write(bytes);
    return await readRaw(socket);
  } finally {
    socket.destroy();
  }
}
