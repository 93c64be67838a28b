import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ApiError, backendUnavailable, modelNotFound } from '@local-llm-agent/contracts';
import { assertArchitecture, readLoraFile } from '../lora-file.reader.js';
import type { DerivedModels, LoraAdapter } from '../runtime.contract.js';
import { derivedName, derivedPrefix } from './derived.name.js';
import type { OllamaManagement } from './model-management.service.js';
import type { ListedModel } from './ollama.translate.js';

/** What is needed of the runtime. */
export interface DerivedOptions {
  readonly management: Pick<OllamaManagement, 'show' | 'hasBlob' | 'addBlob' | 'create' | 'remove'>;
  /** Every model there is, those that were made here included. */
  readonly list: (signal: AbortSignal) => Promise<readonly ListedModel[]>;
  /** Brings a model out of memory. */
  readonly unload: (name: string) => Promise<void>;
  readonly log: { info(fields: object, message: string): void };
}

interface FileDigest {
  /** Changes when the file does. */
  readonly version: string;
  readonly digest: string;
}

interface Made {
  readonly name: string;
  readonly base: string;
  readonly baseDigest: string | undefined;
}

/** Time for everything: hashing and uploading a file of some gigabytes. */
const LONGEST_MAKING_MS = 600_000;

/** Makes Ollama's models of LoRAs: each once, and anew when its base or its file has changed. */
export class OllamaDerivedModels implements DerivedModels {
  private readonly digests = new Map<string, FileDigest>();
  private readonly ready = new Map<string, Made>();
  private readonly making = new Map<string, Promise<string>>();
  /** What was made, by Ollama's name of it. */
  private readonly sources = new Map<string, { readonly base: string; readonly adapter: string }>();
  /** Name -> digest, as they were listed last. */
  private listed: ReadonlyMap<string, string | undefined> = new Map();

  constructor(private readonly options: DerivedOptions) {}

  make(base: string, lora: LoraAdapter): string | Promise<string> {
    const made = this.made(base, lora);
    if (made !== undefined) return made;
    const key = `${base}|${lora.path}`;
    let making = this.making.get(key);
    if (!making) {
      making = this.makeNow(base, lora).finally(() => this.making.delete(key));
      this.making.set(key, making);
    }
    return making;
  }

  made(base: string, lora: LoraAdapter): string | undefined {
    const made = this.ready.get(`${base}|${lora.path}`);
    const isCurrent = made && this.listed.has(made.name) && this.listed.get(base) === made.baseDigest;
    return isCurrent ? made.name : undefined;
  }

  adapterOf(name: string): string | undefined {
    return this.sources.get(name)?.adapter;
  }

  /** Ollama keys what it holds by the file of the weights, which a base and what is made of it have in common. */
  baseOf(name: string): string {
    return this.sources.get(name)?.base ?? name;
  }

  /**
   * To be told what there is: a model that was removed is made again, and so is one whose file has changed. One whose
   * base was removed goes after it, because it keeps the base's weights on the disk.
   */
  async note(models: readonly ListedModel[], signal: AbortSignal): Promise<void> {
    this.listed = new Map(models.map(({ name, digest }) => [name, digest]));
    for (const [key, { name, base }] of this.ready) {
      if (this.listed.has(base)) continue;
      this.ready.delete(key);
      if (this.listed.has(name)) await this.remove(name, signal);
    }
    for (const [path, { version }] of this.digests) {
      // A file that is gone is told of when it is needed.
      if ((await versionOf(path).catch(() => '')) === version) continue;
      this.digests.delete(path);
      for (const key of this.ready.keys()) if (key.endsWith(`|${path}`)) this.ready.delete(key);
    }
  }

  private async makeNow(base: string, lora: LoraAdapter): Promise<string> {
    const signal = AbortSignal.timeout(LONGEST_MAKING_MS);
    const models = await this.options.list(signal);
    const found = models.find((model) => model.name === base);
    if (!found) throw modelNotFound(`Ollama no longer has the model '${base}', the base of '${lora.name}'.`);
    try {
      const [loraDigest, file, shown] = await Promise.all([
        this.digestOf(lora.path),
        readLoraFile(lora),
        this.options.management.show(base, false, signal),
      ]);
      // Ollama would take it, and crash when it loads the model.
      assertArchitecture(lora, file.architecture, String(shown.model_info['general.architecture']));
      const name = derivedName({ base, lora, baseDigest: found.digest ?? '', loraDigest });
      if (!models.some((model) => model.name === name)) await this.create(name, { base, lora, loraDigest }, signal);
      await this.removeOthers(name, { base, lora, models }, signal);
      this.listed = new Map([...models.map((model) => [model.name, model.digest] as const), [name, undefined]]);
      this.ready.set(`${base}|${lora.path}`, { name, base, baseDigest: found.digest });
      this.sources.set(name, { base, adapter: lora.name });
      return name;
    } catch (cause) {
      // An Ollama that went away is somebody else's to deal with.
      if (cause instanceof ApiError && cause.lost !== undefined) throw cause;
      const reason = cause instanceof ApiError ? cause.message : 'Its LoRA file cannot be read. Check the catalog.';
      throw backendUnavailable(`The model '${lora.name}' could not be made. ${reason}`, { origin: 'runtime', cause });
    }
  }

  private async create(
    name: string,
    { base, lora, loraDigest }: { base: string; lora: LoraAdapter; loraDigest: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { management, log } = this.options;
    const fields = { adapter: lora.name, model: name, base };
    if (!(await management.hasBlob(loraDigest, signal))) {
      log.info({ ...fields, digest: loraDigest }, 'uploading a LoRA to Ollama');
      await management.addBlob(loraDigest, createReadStream(lora.path), signal);
    }
    const order = { model: name, from: base, adapters: { [basename(lora.path)]: loraDigest } };
    for await (const { status } of management.create(order, signal))
      log.info({ ...fields, status }, 'making a model of an adapter');
  }

  /** Older versions of the adapter. */
  private async removeOthers(
    name: string,
    { base, lora, models }: { base: string; lora: LoraAdapter; models: readonly ListedModel[] },
    signal: AbortSignal,
  ): Promise<void> {
    const prefix = derivedPrefix(base, lora);
    for (const { name: other } of models) {
      if (other === name || !other.startsWith(prefix)) continue;
      await this.remove(other, signal);
    }
  }

  /** Ollama would go on holding in memory what it no longer has. */
  private async remove(name: string, signal: AbortSignal): Promise<void> {
    await this.options.unload(name);
    await this.options.management.remove(name, signal);
    this.options.log.info({ model: name }, 'removed a model that was made for an adapter');
  }

  private async digestOf(path: string): Promise<string> {
    const version = await versionOf(path);
    const known = this.digests.get(path);
    if (known?.version === version) return known.digest;
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    const digest = `sha256:${hash.digest('hex')}`;
    this.digests.set(path, { version, digest });
    return digest;
  }
}

async function versionOf(path: string): Promise<string> {
  const { mtimeMs, size } = await stat(path);
  return `${mtimeMs}|${size}`;
}
