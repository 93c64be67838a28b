import { Buffer } from 'node:buffer';
import type { AnswerHead, Recording } from './recording.types.js';

/** What stands before the body: a line of JSON. */
interface Label {
  readonly epoch: string;
  readonly streaming: boolean;
  readonly contentType: string;
  readonly servedModel?: string;
  readonly head: AnswerHead;
}

const LINE_END = 0x0a;

/** A recording as bytes for a store, marked with the epoch that it belongs to. */
export function encodeRecording({ body, servedModel, ...rest }: Recording, epoch: string): Buffer {
  const label: Label = { epoch, ...rest, ...(servedModel === undefined ? {} : { servedModel }) };
  return Buffer.concat([Buffer.from(`${JSON.stringify(label)}\n`), body]);
}

function isEncoded(text: string): boolean {
  try {
    return decodeURIComponent(text) !== '';
  } catch {
    return false;
  }
}

function isLabel(value: unknown): value is Label {
  if (typeof value !== 'object' || value === null) return false;
  const { epoch, streaming, contentType, head, servedModel } = value as Partial<Record<keyof Label, unknown>>;
  return (
    typeof epoch === 'string' &&
    typeof streaming === 'boolean' &&
    typeof contentType === 'string' &&
    typeof head === 'object' &&
    head !== null &&
    (servedModel === undefined || (typeof servedModel === 'string' && isEncoded(servedModel)))
  );
}

/** The recording in these bytes; undefined when they are of another epoch, or none of ours. */
export function decodeRecording(bytes: Buffer, epoch: string): Recording | undefined {
  const end = bytes.indexOf(LINE_END);
  if (end < 0) return undefined;
  let label: unknown;
  try {
    label = JSON.parse(bytes.toString('utf8', 0, end));
  } catch {
    return undefined;
  }
  if (!isLabel(label) || label.epoch !== epoch) return undefined;
  const { streaming, contentType, servedModel, head } = label;
  return { streaming, contentType, servedModel, head, body: bytes.subarray(end + 1) };
}
