import type {
  AnswerEvent,
  LoadPlan,
  ModelManagement,
  ModelMetadata,
  ModelPurpose,
  ResidentModel,
  Runtime,
} from '../src/runtime/runtime.contract.js';
import type { ModelDemand } from '../src/scheduler/scheduler.types.js';
import { modelKey } from '../src/residency/model-demand.service.js';
import { ResidencyService, type ResidencyOptions } from '../src/residency/residency.service.js';

/** What every model of {@link FakeRuntime} is made of: 1010 bytes, and a quarter of a byte for each token of context. */
export const metadata: ModelMetadata = {
  weightsBytes: 1000,
  contextLength: 4096,
  layers: [],
  embeddingLength: 0,
  heads: 4,
  holding: {
    cacheType: 'f16',
    contexts: undefined,
    batchTokens: 0,
    keepsScores: false,
    fixedBytes: 10,
    bytesPerToken: 0.25,
  },
  capabilities: {
    generation: true,
    embedding: true,
    vision: false,
    infill: false,
    tools: 'none',
    thinking: 'none',
  },
};

/** A runtime that keeps its models in a map. */
export class FakeRuntime implements Runtime {
  /** The residency has nothing to do with it. */
  readonly management = {} as ModelManagement;
  readonly inMemory = new Map<string, number>();
  readonly calls: string[] = [];
  loadBytes: number | undefined = 700;
  gpuBytes = 0;
  /** Name -> the name under which the same model is listed. */
  readonly otherNames = new Map<string, string>();
  failLoad: Error | undefined;
  failUnload: Error | undefined;
  hangs = false;
  failResidents: Error | undefined;
  /** Runs between the question for residents and its answer. */
  meanwhile: () => Promise<void> = () => Promise.resolve();

  readonly id: string;

  constructor(readonly name: Runtime['name'] = 'ollama') {
    this.id = name;
  }

  health(): Promise<{ up: boolean }> {
    return Promise.resolve({ up: true });
  }

  list(): Promise<[]> {
    return Promise.resolve([]);
  }

  describe(name: string): Promise<ModelMetadata> {
    this.calls.push(`describe ${name}`);
    return Promise.resolve(metadata);
  }

  async load(plan: LoadPlan, signal: AbortSignal): Promise<{ bytes: number | undefined; gpuBytes: number }> {
    this.calls.push(`load ${plan.name} ${plan.contextLength}x${plan.slots}`);
    if (this.failLoad) throw this.failLoad;
    if (this.hangs)
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    this.inMemory.set(plan.name, this.loadBytes ?? 0);
    return { bytes: this.loadBytes, gpuBytes: this.gpuBytes };
  }

  unload(name: string): Promise<void> {
    this.calls.push(`unload ${name}`);
    if (this.failUnload) return Promise.reject(this.failUnload);
    this.inMemory.delete(name);
    return Promise.resolve();
  }

  async residents(): Promise<readonly ResidentModel[]> {
    if (this.failResidents) throw this.failResidents;
    const listed = [...this.inMemory].map(([name, bytes]) => ({ name, bytes }));
    await this.meanwhile();
    return listed;
  }

  listedAs(name: string): Promise<string | undefined> {
    return Promise.resolve(this.otherNames.get(name));
  }

  heldAs(name: string, purpose: ModelPurpose): string {
    return purpose === 'embedding' ? `${name}#embedding` : name;
  }

  refusal(): undefined {
    return undefined;
  }

  async *generate(): AsyncGenerator<readonly AnswerEvent[]> {
    yield await Promise.resolve([]);
  }

  embed(): Promise<{ vectors: number[][]; promptTokens: number }> {
    return Promise.resolve({ vectors: [], promptTokens: 0 });
  }

  countTokens(): Promise<{ tokens: number; exact: boolean }> {
    return Promise.resolve({ tokens: 0, exact: true });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A residency and what a test sees of it. */
export interface House {
  readonly runtime: FakeRuntime;
  readonly residency: ResidencyService;
  readonly lost: string[];
  readonly found: ModelDemand[];
  readonly warnings: string[];
  readonly demand: (name: string, needBytes?: number) => ModelDemand;
}

/** A machine of 2000 bytes with one runtime. */
export function setUp(fields: Partial<ResidencyOptions> & { localMemory?: boolean } = {}): House {
  const runtime = new FakeRuntime();
  const lost: string[] = [];
  const found: ModelDemand[] = [];
  const warnings: string[] = [];
  const residency = new ResidencyService({
    rooms: [{ runtime, localMemory: fields.localMemory ?? true }],
    memory: { availableBytes: () => 2000 - [...runtime.inMemory.values()].reduce((sum, bytes) => sum + bytes, 0) },
    budgetBytes: undefined,
    loadTimeoutSeconds: 60,
    log: {
      info: () => undefined,
      warn: (...args: unknown[]) => {
        warnings.push(String(args.at(-1)));
      },
    } as ResidencyOptions['log'],
    ...fields,
  });
  residency.onLost((key) => lost.push(key));
  residency.onFound((demand) => found.push(demand));
  const demand = (name: string, needBytes = 800): ModelDemand => ({
    key: modelKey(runtime, name),
    pool: 'local',
    needBytes,
    slots: 2,
    contextLength: 1024,
  });
  return { runtime, residency, lost, found, warnings, demand };
}

/** A signal that is never aborted. */
export const quiet = (): AbortSignal => new AbortController().signal;
