import { writeFileSync } from 'node:fs';
import { gguf } from '@huggingface/gguf';

/** GGUF value types and tensor types, as the format numbers them. */
const FLOAT32 = 6;
const STRING = 8;
const F32 = 0;
const ALIGNMENT = 32;
const RANK = 4;
/** Large enough that another token is the likeliest soon. */
const LARGEST_WEIGHT = 0.3;

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function f32(values: readonly number[]): Buffer {
  return Buffer.from(Float32Array.from(values).buffer);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

const textField = (key: string, value: string): Buffer => Buffer.concat([text(key), u32(STRING), text(value)]);
const numberField = (key: string, value: number): Buffer => Buffer.concat([text(key), u32(FLOAT32), f32([value])]);
const sizeOf = ({ shape }: Tensor): number => shape.reduce((product, length) => product * length, 1);
const padding = (length: number): Buffer => Buffer.alloc((ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT);

/** Numbers from -1 to 1, the same for the same seed (mulberry32). */
function* randomNumbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  }
}

/**
 * Writes a LoRA for a model as `convert_lora_to_gguf.py` of llama.cpp does: for the queries and values of every layer,
 * with random weights that are the same for the same seed.
 */
export async function writeLora(
  model: string,
  target: string,
  options: { readonly seed: number; readonly architecture?: string },
): Promise<void> {
  const { metadata, tensorInfos } = await gguf(model, { allowLocalFile: true });
  const tensors = tensorInfos
    .filter(({ name }) => /^blk\.\d+\.attn_[qv]\.weight$/.test(name))
    .flatMap(({ name, shape }): Tensor[] => [
      { name: `${name}.lora_a`, shape: [Number(shape[0]), RANK] },
      { name: `${name}.lora_b`, shape: [RANK, Number(shape[1])] },
    ]);
  const fields = [
    textField('general.type', 'adapter'),
    textField('general.architecture', options.architecture ?? String(metadata['general.architecture'])),
    textField('general.name', `test ${options.seed}`),
    textField('adapter.type', 'lora'),
    numberField('adapter.lora.alpha', RANK),
  ];
  let offset = 0;
  const infos = tensors.map((tensor) => {
    const { name, shape } = tensor;
    const info = [text(name), u32(shape.length), ...shape.map(u64), u32(F32), u64(offset)];
    const bytes = 4 * sizeOf(tensor);
    offset += bytes + padding(bytes).length;
    return Buffer.concat(info);
  });
  const counts = [u64(tensors.length), u64(fields.length)];
  const head = Buffer.concat([Buffer.from('GGUF'), u32(3), ...counts, ...fields, ...infos]);
  const random = randomNumbers(options.seed);
  const data = tensors.flatMap((tensor) => {
    const weights = f32(Array.from({ length: sizeOf(tensor) }, () => random.next().value * LARGEST_WEIGHT));
    return [weights, padding(weights.length)];
  });
  writeFileSync(target, Buffer.concat([head, padding(head.length), ...data]));
}
