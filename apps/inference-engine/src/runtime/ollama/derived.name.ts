import { createHash } from 'node:crypto';
import type { LoraAdapter } from '../runtime.contract.js';

/** Namespace of the models that are made here; nobody else's are in it. */
const NAMESPACE = 'local-llm-agent/';
/** Ollama takes 80 characters in each part of a name. */
const LONGEST_BASE = 80;
const LONGEST_ADAPTER = 50;

function short(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/** What a model is made of. Digests are those of Ollama and of the file. */
export interface DerivedContent {
  readonly base: string;
  readonly lora: LoraAdapter;
  readonly baseDigest: string;
  readonly loraDigest: string;
}

/** What the names of all versions of an adapter begin with. */
export function derivedPrefix(base: string, lora: LoraAdapter): string {
  const model = base.replaceAll(/[^\w.-]/g, '-').slice(0, LONGEST_BASE);
  const adapter = lora.name.slice(lora.name.lastIndexOf(':') + 1).slice(0, LONGEST_ADAPTER);
  // Other characters may have been written alike.
  return `${NAMESPACE}${model}:${adapter}-${short(`${base}|${lora.name}`, 8)}-`;
}

/** Ollama's name of the base with the LoRA over it: another one whenever one of them changes. */
export function derivedName({ base, lora, baseDigest, loraDigest }: DerivedContent): string {
  return derivedPrefix(base, lora) + short(`${baseDigest}|${loraDigest}`, 12);
}

/** Whether the model was made here, and so is not to be listed. */
export function isDerived(name: string): boolean {
  return name.startsWith(NAMESPACE);
}
