import { randomUUID } from 'node:crypto';
import { constants, copyFile, link, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import {
  invalidRequest,
  withTag,
  withoutLatest,
  type ApiError,
  type ManagementProgress,
  type OllamaCreateRequest,
  type RunningModel,
  type ShownModel,
  type TaggedModel,
} from '@local-llm-agent/contracts';
import type { LoadPlan, ModelManagement } from '../runtime.contract.js';
import { BlobStore } from './blob-store.service.js';
import { toShownModel } from './gguf-show.translate.js';
import { fromHeldName } from './held-name.translate.js';
import { ModelContentReader, TYPE_NAMES, readGguf, type ModelSummary } from './model-content.reader.js';
import { parseModelFiles } from './model-files.parse.js';
import type { FoundModel, ModelFolderReader } from './model-folder.reader.js';
import { unwritable } from './models-dir.error.js';

/** A model process, as far as a list of what runs needs it. */
export interface RunningProcess {
  readonly plan: LoadPlan;
  measure(): Promise<number>;
}

/** Models stay until their memory is needed: a time that Ollama's clients show as "Forever". */
const FOREVER = '9999-12-31T23:59:59Z';
const MAGIC = 'GGUF';
/** Stands for what a broken file does not tell. */
const UNREADABLE: ModelSummary = {
  digest: '',
  details: { parent_model: '', format: 'gguf', family: '', families: [], parameter_size: '', quantization_level: '' },
};

/** What the fields of a creation would need, and what to do instead. */
const CANNOT_KEEP: Readonly<Partial<Record<keyof OllamaCreateRequest, string>>> = {
  system: 'Send a system message with each chat',
  template: 'The template inside the GGUF file is used',
  parameters: 'Set defaults for the model in the catalog, or send options with each request',
  messages: 'Send the messages with each chat',
  adapters: 'Name the LoRA in the catalog, under the adapters of the model',
  quantize: 'Quantize the GGUF file first, with llama-quantize',
};

function isGiven(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** The models of MODELS_DIR: told of, copied and removed as the files they are. */
export class EmbeddedManagement implements ModelManagement {
  private readonly blobs: BlobStore;
  private readonly contents = new ModelContentReader();

  constructor(
    private readonly modelsDir: string,
    private readonly folder: ModelFolderReader,
    private readonly processes: () => Iterable<RunningProcess>,
  ) {
    this.blobs = new BlobStore(join(modelsDir, '.blobs'));
  }

  async tags(): Promise<readonly TaggedModel[]> {
    return Promise.all((await this.folder.list()).map((model) => this.tag(model)));
  }

  async running(): Promise<readonly RunningModel[]> {
    const models = new Map((await this.folder.list()).map((model) => [model.name, model]));
    // One that is held for text and for embeddings is one model in two processes.
    const held = new Map<FoundModel, RunningProcess[]>();
    for (const process of this.processes()) {
      const model = models.get(fromHeldName(process.plan.name).model);
      // One whose file was taken away still runs, but nothing can be told of it.
      if (model) held.set(model, [...(held.get(model) ?? []), process]);
    }
    return Promise.all([...held].map(([model, processes]) => this.runningModel(model, processes)));
  }

  private async runningModel(model: FoundModel, processes: readonly RunningProcess[]): Promise<RunningModel> {
    const [{ details, digest }, ...sizes] = await Promise.all([
      // Its file may have been broken since it was loaded.
      this.contents.summary(model).catch(() => UNREADABLE),
      ...processes.map((process) => process.measure()),
    ]);
    const name = withTag(model.name);
    return {
      name,
      model: name,
      size: sizes.reduce((sum, size) => sum + size, 0),
      digest,
      details,
      expires_at: FOREVER,
      size_vram: 0,
      context_length: Math.max(...processes.map(({ plan }) => plan.contextLength)),
    };
  }

  async show(name: string, verbose: boolean): Promise<ShownModel> {
    const model = await this.folder.find(withoutLatest(name));
    const [content, { capabilities }] = await Promise.all([
      readGguf(model.path, `The file of the model ${model.name}`),
      this.folder.describe(model.name),
    ]);
    return toShownModel(content, { ...model, capabilities, verbose }, TYPE_NAMES);
  }

  pull(): AsyncGenerator<ManagementProgress> {
    throw noRegistry('pull from: put a GGUF file into MODELS_DIR, or upload one with ollama create');
  }

  push(): AsyncGenerator<ManagementProgress> {
    throw noRegistry('push to: take the GGUF file from MODELS_DIR');
  }

  async *create(order: OllamaCreateRequest, signal: AbortSignal): AsyncGenerator<ManagementProgress> {
    for (const [field, instead] of Object.entries(CANNOT_KEEP)) {
      if (isGiven(order[field as keyof OllamaCreateRequest]))
        throw invalidRequest(`The embedded runtime cannot keep ${field} with a model. ${instead}.`, { param: field });
    }
    const name = newName(order.model, 'model');
    if (isGiven(order.from)) {
      yield { status: 'using existing model' };
      await this.copy(order.from ?? '', order.model);
    } else {
      const digest = this.onlyFile(order);
      yield { status: 'parsing GGUF', digest };
      await this.checkBlob(digest);
      signal.throwIfAborted();
      yield { status: 'writing model file' };
      await this.replace(name, new Map([[`${name}.gguf`, this.blobs.pathOf(digest)]]));
      await rm(this.blobs.pathOf(digest), { force: true });
    }
    if (isGiven(order.license)) yield { status: 'the license text is not kept by the embedded runtime' };
    yield { status: 'success' };
  }

  async copy(source: string, destination: string): Promise<void> {
    const model = await this.folder.find(withoutLatest(source));
    const name = newName(destination, 'destination');
    if (name === model.name) return;
    const files = model.files.map(
      (file) => [name + file.slice(model.name.length), join(this.modelsDir, file)] as const,
    );
    await this.replace(name, new Map(files));
  }

  async remove(name: string): Promise<void> {
    const { files } = await this.folder.find(withoutLatest(name));
    try {
      for (const file of files) await rm(join(this.modelsDir, file));
    } catch (error) {
      throw unwritable(error);
    }
  }

  hasBlob(digest: string): Promise<boolean> {
    return this.blobs.has(digest);
  }

  addBlob(digest: string, bytes: Readable, signal: AbortSignal): Promise<boolean> {
    return this.blobs.add(digest, bytes, signal);
  }

  private async tag(model: FoundModel): Promise<TaggedModel> {
    // One broken file must not hide the others; what is wrong with it is told when it is shown or loaded.
    const { details, digest } = await this.contents.summary(model).catch(() => UNREADABLE);
    const name = withTag(model.name);
    const modified = new Date(model.created * 1000).toISOString();
    return { name, model: name, modified_at: modified, size: model.sizeBytes, digest, details };
  }

  private onlyFile({ files }: OllamaCreateRequest): string {
    const digests = Object.values(files ?? {});
    if (digests.length === 0)
      throw invalidRequest("neither 'from' or 'files' was specified: name a model, or the digest of a GGUF file.", {
        param: 'files',
      });
    const [digest] = digests;
    if (digest !== undefined && digests.length === 1) return digest;
    throw invalidRequest(
      'The embedded runtime makes a model of one GGUF file. Merge the parts with llama-gguf-split, or put them into MODELS_DIR.',
      { param: 'files' },
    );
  }

  private async checkBlob(digest: string): Promise<void> {
    if (!(await this.blobs.has(digest)))
      throw invalidRequest(`There is no blob ${digest}. Upload it to /api/blobs first.`, { param: 'files' });
    const file = await open(this.blobs.pathOf(digest));
    const head = Buffer.alloc(MAGIC.length);
    await file.read(head, 0, head.length, 0).finally(() => file.close());
    if (head.toString('latin1') !== MAGIC)
      throw invalidRequest(
        'The file is not in GGUF format, and the embedded runtime takes no other. Convert it first.',
        {
          param: 'files',
        },
      );
    await readGguf(this.blobs.pathOf(digest), 'The file');
  }

  /** Gives the files the names of the model, each in one step, and takes away what it had before. */
  private async replace(name: string, files: ReadonlyMap<string, string>): Promise<void> {
    const before = (await this.folder.list()).find((model) => model.name === name);
    try {
      for (const [target, source] of files) await this.place(source, join(this.modelsDir, target));
      for (const file of before?.files ?? [])
        if (!files.has(file)) await rm(join(this.modelsDir, file), { force: true });
    } catch (error) {
      throw unwritable(error);
    }
  }

  private async place(source: string, target: string): Promise<void> {
    const partial = join(this.modelsDir, `.partial-${randomUUID()}`);
    try {
      // Two names of one file cost no disk; where that cannot be, the bytes are copied.
      await link(source, partial).catch(() => copyFile(source, partial, constants.COPYFILE_FICLONE));
      await rename(partial, target);
    } finally {
      // Renaming one name of a file to another of the same file does nothing.
      await rm(partial, { force: true });
    }
  }
}

/** The name as the name of a file. Throws a 400 for one that cannot be. */
function newName(wanted: string, param: string): string {
  const name = withoutLatest(wanted);
  if (process.platform === 'win32' && name.includes(':'))
    throw invalidRequest(`${param} cannot have a tag here: Windows takes no colon in a file name.`, { param });
  if (!name.includes('/') && parseModelFiles([`${name}.gguf`])[0]?.name === name) return name;
  throw invalidRequest(
    `${param} '${wanted}' cannot be the name of a model file of the embedded runtime. Choose one such as my-model, without a slash.`,
    { param },
  );
}

function noRegistry(what: string): ApiError {
  return invalidRequest(`The embedded runtime has no registry to ${what}.`, { param: 'model' });
}
