/** A text in GGUF: its length, and its bytes. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([length, bytes]);
}

/** A GGUF file (version 3) of texts only, without tensors. */
export function ggufHead(fields: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(fields);
  const head = Buffer.alloc(24);
  head.write('GGUF');
  head.writeUInt32LE(3, 4);
  head.writeBigUInt64LE(BigInt(entries.length), 16);
  const type = Buffer.from([8, 0, 0, 0]);
  return Buffer.concat([head, ...entries.flatMap(([key, value]) => [text(key), type, text(value)])]);
}
