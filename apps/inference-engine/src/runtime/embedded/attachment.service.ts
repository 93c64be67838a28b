import { stat } from 'node:fs/promises';
import { gguf } from '@huggingface/gguf';
import { backendUnavailable } from '@local-llm-agent/contracts';
import type { Attachments, LoadPlan, LoraAdapter } from '../runtime.contract.js';
import { notLoaded } from './failure.translate.js';
import type { ModelProcess } from './model-process.client.js';
import { attachWith } from './work.client.js';

/** Brings LoRAs over the models that are loaded, within their processes. */
export class EmbeddedAttachments implements Attachments {
  constructor(private readonly processOf: (held: string) => ModelProcess | undefined) {}

  async weightsBytes({ name, path }: LoraAdapter): Promise<number> {
    try {
      const { size } = await stat(path);
      const { metadata } = await gguf(path, { allowLocalFile: true });
      const fields = metadata as unknown as Readonly<Record<string, unknown>>;
      if (fields['general.type'] === 'adapter' && fields['adapter.type'] === 'lora') return size;
    } catch (cause) {
      const message = `The LoRA file of ${name} cannot be read. Check the path in the catalog, and the file.`;
      throw backendUnavailable(message, { origin: 'runtime', cause });
    }
    const message = `The file of ${name} is no LoRA: its general.type and adapter.type must be adapter and lora. Make one with convert_lora_to_gguf.py.`;
    throw backendUnavailable(message, { origin: 'runtime' });
  }

  has(held: string, { path }: LoraAdapter): boolean {
    return this.processOf(held)?.loras.has(path) === true;
  }

  async attach(
    { name, lora }: LoadPlan,
    signal: AbortSignal,
  ): Promise<{ readonly addedBytes: number; readonly bytes: number }> {
    const process = this.processOf(name);
    if (process === undefined || lora === undefined) throw notLoaded(name);
    const attached = await attachWith((work, stop) => process.run(work, stop), lora.path, signal);
    process.loras.add(lora.path);
    return attached;
  }
}
