import { readLoraFile } from '../lora-file.reader.js';
import type { AttachedLora, Attachments, LoadPlan, LoraAdapter } from '../runtime.contract.js';
import { notLoaded } from './failure.translate.js';
import type { ModelProcess } from './model-process.client.js';
import { attachWith } from './work.client.js';

/** Brings LoRAs over the models that are loaded, within their processes. */
export class EmbeddedAttachments implements Attachments {
  constructor(private readonly processOf: (held: string) => ModelProcess | undefined) {}

  async weightsBytes(lora: LoraAdapter): Promise<number> {
    return (await readLoraFile(lora)).sizeBytes;
  }

  attached(held: string): readonly AttachedLora[] {
    return [...(this.processOf(held)?.loras.values() ?? [])];
  }

  async attach(
    { name, lora }: LoadPlan,
    signal: AbortSignal,
  ): Promise<{ readonly addedBytes: number; readonly bytes: number }> {
    const process = this.processOf(name);
    if (process === undefined || lora === undefined) throw notLoaded(name);
    const attached = await attachWith((work, stop) => process.run(work, stop), lora.path, signal);
    process.loras.set(lora.path, { ...lora, addedBytes: attached.addedBytes });
    return attached;
  }
}
