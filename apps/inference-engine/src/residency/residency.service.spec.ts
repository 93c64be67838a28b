import { describe, expect, it } from '@jest/globals';
import { backendUnavailable } from '@local-llm-agent/contracts';
import type {
  ModelManagement,
  AnswerEvent,
  Attachments,
  AttachedLora,
  DerivedModels,
  LoadPlan,
  ModelMetadata,
  ModelPurpose,
  ResidentModel,
  Runtime,
} from '../runtime/runtime.contract.js';
import type { ModelDemand } from '../scheduler/scheduler.types.js';
import { estimateMemory } from './memory.estimate.js';
import { modelKey, type ModelWish } from './model-demand.service.js';
import { ResidencyService, type ResidencyOptions } from './residency.service.js';

const metadata: ModelMetadata = {
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
class FakeRuntime implements Runtime {
  /** The residency has nothing to do with it. */
  readonly management = {} as ModelManagement;
  readonly inMemory = new Map<string, number>();
  readonly calls: string[] = [];
  loadBytes: number | undefined = 700;
  gpuBytes = 0;
  failLoad: Error | undefined;
  failUnload: Error | undefined;
  hangs = false;
  failResidents: Error | undefined;
  attachments?: Attachments;
  derived?: DerivedModels;
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

interface House {
  readonly runtime: FakeRuntime;
  readonly residency: ResidencyService;
  readonly lost: string[];
  readonly warnings: string[];
  readonly demand: (name: string, needBytes?: number) => ModelDemand;
}

/** A machine of 2000 bytes with one runtime. */
function setUp(fields: Partial<ResidencyOptions> & { localMemory?: boolean } = {}): House {
  const runtime = new FakeRuntime();
  const lost: string[] = [];
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
  const demand = (name: string, needBytes = 800): ModelDemand => ({
    key: modelKey(runtime, name),
    pool: 'local',
    needBytes,
    slots: 2,
    contextLength: 1024,
  });
  return { runtime, residency, lost, warnings, demand };
}

const quiet = (): AbortSignal => new AbortController().signal;

describe('ResidencyService, loading', () => {
  it('loads through the runtime that the key names, whatever the name of the model looks like', async () => {
    const { runtime, residency, demand } = setUp();
    await expect(residency.load(demand('hf.co/a/b:latest'))).resolves.toBe(700);
    expect(runtime.calls).toEqual(['load hf.co/a/b:latest 1024x2']);
  });

  it('counts loads, failures and unloads', async () => {
    const counted: unknown[] = [];
    const { runtime, residency, demand } = setUp({
      meter: {
        loaded: (model, outcome, seconds) => counted.push([model, outcome, seconds >= 0]),
        unloaded: (model) => counted.push([model]),
        needed: (key, figures) => counted.push([key, figures]),
        grew: (key) => counted.push(['grew', key]),
      },
    });
    await residency.load(demand('a'));
    await residency.unload(modelKey(runtime, 'a'));
    runtime.failLoad = backendUnavailable('no');
    await expect(residency.load(demand('a'))).rejects.toThrow('no');
    expect(counted).toEqual([
      ['ollama/a', { predicted: 800, measured: 700 }],
      ['a', 'loaded', true],
      ['a'],
      ['a', 'failed', true],
    ]);
  });

  it('passes the error of the runtime on', async () => {
    const { runtime, residency, demand } = setUp();
    runtime.failLoad = backendUnavailable('The file is broken.');
    await expect(residency.load(demand('a'))).rejects.toBe(runtime.failLoad);
  });

  it('gives up on a load after its time, and lets the model go', async () => {
    const { runtime, residency, demand } = setUp({ loadTimeoutSeconds: 0.01 });
    runtime.hangs = true;
    await expect(residency.load(demand('a'))).rejects.toMatchObject({
      code: 'backend_unavailable',
      message: 'The model a did not load within 0.01 s. Try again later, or raise LOAD_TIMEOUT_SECONDS.',
    });
    expect(runtime.calls.at(-1)).toBe('unload a');
  });

  it('ends a load when it is closed', async () => {
    const { runtime, residency, demand } = setUp();
    runtime.hangs = true;
    const load = residency.load(demand('a'));
    residency.close();
    await expect(load).rejects.toMatchObject({
      code: 'backend_unavailable',
      message: expect.stringMatching(/shutting down/),
    });
  });
});

describe('ResidencyService, needs', () => {
  const wish = (runtime: Runtime, memory?: number, contextLength = 1024): ModelWish => ({
    runtime,
    name: 'a',
    contextLength,
    slots: 2,
    memory,
    purpose: 'generation',
  });

  it('computes the need from what the model is made of, and asks the runtime once', async () => {
    const { runtime, residency } = setUp();
    const expected = {
      key: 'ollama/a',
      pool: 'local',
      slots: 2,
      contextLength: 1024,
      needBytes: estimateMemory(metadata, { name: 'a', contextLength: 1024, slots: 2 }),
    };
    const known = { demand: expected, capabilities: metadata.capabilities };
    expect(await residency.known(wish(runtime), quiet())).toEqual(known);
    expect(residency.known(wish(runtime), quiet())).toEqual(known);
    expect(runtime.calls).toEqual(['describe a']);
  });

  it('takes the configured need instead, and the measured one when there is one', async () => {
    const { runtime, residency } = setUp();
    const { demand } = await residency.known(wish(runtime, 900), quiet());
    expect(demand.needBytes).toBe(900);
    await residency.load(demand);
    expect(await residency.known(wish(runtime, 900), quiet())).toMatchObject({ demand: { needBytes: 700 } });
  });

  it('keeps what was measured for another context or number of slots apart', async () => {
    const { runtime, residency } = setUp();
    await residency.load((await residency.known(wish(runtime, 900), quiet())).demand);
    expect(await residency.known(wish(runtime, 900, 2048), quiet())).toMatchObject({
      demand: { needBytes: 900, contextLength: 2048 },
    });
  });

  it('gives no more context than the model was made for', async () => {
    const { runtime, residency } = setUp();
    expect(await residency.known(wish(runtime, 900, 100_000), quiet())).toMatchObject({
      demand: { contextLength: 4096 },
    });
  });

  it('takes a larger context to need more than the catalog says for the configured one', async () => {
    const { runtime, residency } = setUp();
    const larger = await residency.larger(wish(runtime, 900), 2000, quiet());
    // 1024 tokens more for each of two slots, at a quarter of a byte.
    expect(larger?.demand).toMatchObject({ contextLength: 2048, needBytes: 900 + 512 });
  });

  it('adds to what is computed by how much that was too low for another context', async () => {
    const { runtime, residency } = setUp();
    const { demand } = await residency.known(wish(runtime), quiet());
    expect(demand.needBytes).toBe(1522);
    runtime.loadBytes = 1600;
    await residency.load(demand);
    expect(await residency.known(wish(runtime, undefined, 2048), quiet())).toMatchObject({
      demand: { needBytes: 1000 + 10 + 1024 + 78 },
    });
  });

  it('forgets what was measured when there is another model under the name', async () => {
    const { runtime, residency } = setUp();
    await residency.load((await residency.known(wish(runtime, 900), quiet())).demand);
    residency.replaced('ollama/a');
    expect(await residency.known(wish(runtime, 900), quiet())).toMatchObject({ demand: { needBytes: 900 } });
  });

  it('records a model that takes clearly more than it was given room for, tells the scheduler, and says so once', async () => {
    const grown: string[] = [];
    const meter = { loaded: () => 0, unloaded: () => 0, needed: () => 0, grew: (key: string) => grown.push(key) };
    const { runtime, residency, warnings } = setUp({ meter });
    const resized: unknown[] = [];
    residency.onMeasured((...told) => resized.push(told));
    await residency.load((await residency.known(wish(runtime, 900), quiet())).demand);
    for (const bytes of [950, 1200, 1300]) {
      runtime.inMemory.set('a', bytes);
      await residency.reconcile(quiet());
    }
    expect(resized).toEqual([950, 1200, 1300].map((bytes) => ['ollama/a', bytes]));
    expect(grown).toEqual(['ollama/a']);
    expect(warnings).toEqual([expect.stringMatching(/more memory than it was given room for/)]);
    await residency.unload('ollama/a');
    expect(await residency.known(wish(runtime, 900), quiet())).toMatchObject({ demand: { needBytes: 1300 } });
  });

  it('learns from reconciling that a model grew', async () => {
    const { runtime, residency } = setUp();
    await residency.load((await residency.known(wish(runtime, 900), quiet())).demand);
    runtime.inMemory.set('a', 750);
    await residency.reconcile(quiet());
    expect(await residency.known(wish(runtime, 900), quiet())).toMatchObject({ demand: { needBytes: 750 } });
  });

  it('holds a model apart for another purpose where the runtime does', async () => {
    const { runtime, residency } = setUp();
    const { demand } = await residency.known({ ...wish(runtime, 900), purpose: 'embedding' }, quiet());
    expect(demand.key).toBe('ollama/a#embedding');
    await residency.load(demand);
    expect(runtime.calls).toEqual(['describe a', 'load a#embedding 1024x2']);
  });
});

describe('ResidencyService, available memory', () => {
  it('is what is measured', async () => {
    const { residency, demand } = setUp();
    expect(residency.availableBytes('local')).toBe(2000);
    await residency.load(demand('a'));
    expect(residency.availableBytes('local')).toBe(1300);
  });

  it('is the budget less what models take, measured where that is known', async () => {
    const { runtime, residency, demand } = setUp({ budgetBytes: 5000 });
    await residency.load(demand('a'));
    expect(residency.availableBytes('local')).toBe(4300);
    runtime.loadBytes = undefined;
    await residency.load(demand('b'));
    expect(residency.availableBytes('local')).toBe(3500);
    await residency.unload('ollama/a');
    residency.forget('ollama/b');
    expect(residency.availableBytes('local')).toBe(5000);
  });

  it('has no end on another machine, unless there is a budget', () => {
    expect(setUp({ localMemory: false }).residency.availableBytes('ollama')).toBe(Infinity);
    expect(setUp({ localMemory: false, budgetBytes: 5000 }).residency.availableBytes('ollama')).toBe(5000);
  });

  it('counts models that somebody else loaded as free, and unloads them when the memory is needed', async () => {
    const { runtime, residency, demand } = setUp();
    runtime.inMemory.set('strange', 900).set('other', 300);
    await residency.reconcile(quiet());
    expect(residency.availableBytes('local')).toBe(2000);
    await residency.load(demand('a', 800));
    expect(runtime.calls).toEqual(['load a 1024x2']);
    await residency.load(demand('b', 800));
    expect(runtime.calls.slice(1)).toEqual(['unload strange', 'load b 1024x2']);
  });

  it('refuses the load with both figures when something else took the memory since it was decided', async () => {
    let free = 2 * 2 ** 30;
    const { runtime, residency, demand } = setUp({ memory: { availableBytes: () => free } });
    const need = demand('a', 1.5 * 2 ** 30);
    free = 2 ** 29;
    await expect(residency.load(need)).rejects.toMatchObject({
      status: 503,
      message: 'Model requires more system memory (1.5 GiB) than is available (0.5 GiB)',
    });
    expect(runtime.calls).toEqual([]);
    free = 2 * 2 ** 30;
    await expect(residency.load(need)).resolves.toBe(700);
  });

  it('is one for all runtimes of this machine: what one holds, the other cannot have', async () => {
    const other = new FakeRuntime('embedded');
    const runtime = new FakeRuntime();
    const { residency, demand } = setUp({
      rooms: [
        { runtime, localMemory: true },
        { runtime: other, localMemory: true },
      ],
      budgetBytes: 1000,
    });
    await residency.load(demand('a'));
    expect(residency.availableBytes('local')).toBe(300);
    await expect(residency.load({ ...demand('b'), key: 'embedded/b' })).rejects.toMatchObject({ status: 503 });
    await residency.unload('ollama/a');
    await expect(residency.load({ ...demand('b'), key: 'embedded/b' })).resolves.toBe(700);
  });

  it('is the budget of the machine where one is configured for it', () => {
    const runtime = new FakeRuntime();
    const { residency } = setUp({ rooms: [{ runtime, localMemory: false, budgetBytes: 3000 }], budgetBytes: 5000 });
    expect(residency.availableBytes('ollama')).toBe(3000);
  });

  it('leaves out what lies on graphics cards where the memory of this machine is measured, and counts it in a budget', async () => {
    const measured = setUp();
    measured.runtime.gpuBytes = 600;
    await expect(measured.residency.load(measured.demand('a'))).resolves.toBe(100);
    const budgeted = setUp({ budgetBytes: 5000 });
    budgeted.runtime.gpuBytes = 600;
    await expect(budgeted.residency.load(budgeted.demand('a'))).resolves.toBe(700);
    expect(budgeted.residency.availableBytes('local')).toBe(4300);
  });

  it('refuses the load when the models of others do not go', async () => {
    const { runtime, residency, demand, warnings } = setUp();
    runtime.inMemory.set('strange', 1500);
    await residency.reconcile(quiet());
    runtime.failUnload = new Error('stuck');
    await expect(residency.load(demand('a'))).rejects.toMatchObject({
      message: expect.stringMatching(/requires more system memory/),
    });
    expect(warnings).toEqual(['a model could not be unloaded']);
  });

  it('tries again to unload what did not go, once the memory is needed', async () => {
    const { runtime, residency, demand } = setUp();
    runtime.loadBytes = 1500;
    await residency.load(demand('a'));
    runtime.failUnload = new Error('stuck');
    await residency.unload('ollama/a');
    runtime.failUnload = undefined;
    expect(residency.availableBytes('local')).toBe(2000);
    await residency.load(demand('b'));
    expect(runtime.calls).toEqual(['load a 1024x2', 'unload a', 'unload a', 'load b 1024x2']);
  });
});

describe('ResidencyService, a larger context', () => {
  const wish = (runtime: Runtime): ModelWish => ({
    runtime,
    name: 'a',
    contextLength: 1024,
    slots: 1,
    memory: undefined,
    purpose: 'generation',
  });

  it('is rounded up to the next power of two, so that reloads are few', async () => {
    const { runtime, residency } = setUp({ budgetBytes: 2100 });
    expect((await residency.larger(wish(runtime), 1500, quiet()))?.demand.contextLength).toBe(2048);
  });

  it('is what just fits, when more does not fit into the memory even with all other models gone', async () => {
    // 1010 bytes and a quarter of a byte for each token.
    const { runtime, residency, demand } = setUp({ budgetBytes: 1010 + 775 });
    await residency.load(demand('b'));
    expect((await residency.larger(wish(runtime), 3100, quiet()))?.demand.contextLength).toBe(3100);
    expect(await residency.larger(wish(runtime), 3101, quiet())).toBeUndefined();
    expect(await residency.mostContext(wish(runtime), quiet())).toEqual({ tokens: 0, bound: 'memory' });
  });

  it('is never more than the model was made for', async () => {
    const { runtime, residency } = setUp({ budgetBytes: 5000 });
    expect((await residency.larger(wish(runtime), 4000, quiet()))?.demand.contextLength).toBe(4096);
    expect(await residency.larger(wish(runtime), 4097, quiet())).toBeUndefined();
    expect(await residency.mostContext(wish(runtime), quiet())).toEqual({ tokens: 4096, bound: 'model' });
  });
});

describe('ResidencyService, memory pressure', () => {
  it('is told by pool with the bytes that are missing, once nobody else has models there that could go', async () => {
    let taken = 0;
    const runtime = new FakeRuntime();
    const used = (): number => [...runtime.inMemory.values()].reduce((sum, bytes) => sum + bytes, 0);
    const { residency, demand } = setUp({
      rooms: [{ runtime, localMemory: true }],
      memory: { availableBytes: () => 2000 - used() - taken },
    });
    await residency.load(demand('a'));
    runtime.inMemory.set('strange', 300);
    await residency.reconcile(quiet());
    expect(await residency.shortages()).toEqual([]);
    taken = 1200;
    expect(await residency.shortages()).toEqual([]);
    expect(runtime.calls.at(-1)).toBe('unload strange');
    taken = 1400;
    expect(await residency.shortages()).toEqual([
      { pool: 'local', shortBytes: 100, reason: 'memory pressure: 1 MiB less than must be left free' },
    ]);
  });
});

describe('ResidencyService, reconciling', () => {
  it('tells of a model that the runtime lost', async () => {
    const { runtime, residency, lost, demand } = setUp({ budgetBytes: 2000 });
    await residency.load(demand('a'));
    await residency.reconcile(quiet());
    expect(lost).toEqual([]);
    runtime.inMemory.clear();
    await residency.reconcile(quiet());
    await residency.reconcile(quiet());
    expect(lost).toEqual(['ollama/a']);
    expect(residency.availableBytes('local')).toBe(2000);
  });

  it('does not trust an answer that is older than a load', async () => {
    const { runtime, residency, lost, demand } = setUp();
    runtime.meanwhile = async () => {
      await residency.load(demand('a'));
    };
    await residency.reconcile(quiet());
    expect(lost).toEqual([]);
    expect(residency.availableBytes('local')).toBe(1300);
  });

  it('does not take a model under its other name for a lost one', async () => {
    const { runtime, residency, lost, demand } = setUp();
    await residency.load(demand('alias'));
    runtime.inMemory.clear();
    runtime.inMemory.set('original', 700);
    await residency.reconcile(quiet());
    expect(lost).toEqual([]);
    expect(residency.availableBytes('local')).toBe(1300);
  });

  it('believes what it knew while the runtime does not answer, and says so once', async () => {
    const { runtime, residency, lost, warnings, demand } = setUp();
    await residency.load(demand('a'));
    runtime.failResidents = backendUnavailable('Ollama is down.');
    await residency.reconcile(quiet());
    await residency.reconcile(quiet());
    expect(lost).toEqual([]);
    expect(warnings).toEqual(['the runtime does not say what it holds']);
  });

  it('ends with its signal, also when the runtime hangs', async () => {
    const { runtime, residency, warnings } = setUp();
    const controller = new AbortController();
    runtime.meanwhile = () => new Promise(() => undefined);
    const done = residency.reconcile(controller.signal);
    controller.abort(new Error('too long'));
    await done;
    expect(warnings).toEqual(['the runtime does not say what it holds']);
  });
});

describe('ResidencyService, adapters', () => {
  const lora = { name: 'a:x', path: '/x.gguf' };

  /** A runtime whose LoRAs add 300 bytes each. */
  function setUpWithAdapters(
    fields: Partial<ResidencyOptions> = {},
  ): House & { attached: AttachedLora[]; finish: () => void } {
    const house = setUp({ budgetBytes: 1500, ...fields });
    const attached: AttachedLora[] = [];
    let finish = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      finish = resolve;
    });
    house.runtime.attachments = {
      weightsBytes: () => Promise.resolve(100),
      attached: () => attached,
      attach: async (plan) => {
        house.runtime.calls.push(`attach ${plan.lora?.name} ${plan.contextLength}x${plan.slots}`);
        await gate;
        attached.push({ ...lora, ...plan.lora, addedBytes: 300 });
        const bytes = (house.runtime.inMemory.get(plan.name) ?? 0) + 300;
        house.runtime.inMemory.set(plan.name, bytes);
        return { addedBytes: 300, bytes };
      },
    };
    return { ...house, attached, finish };
  }

  it('are attached once, however many ask, and counted as what they add', async () => {
    const { runtime, residency, demand, finish } = setUpWithAdapters();
    const measured: unknown[] = [];
    residency.onMeasured((key, bytes) => measured.push([key, bytes]));
    await residency.load(demand('a'));
    const order = { lora, needBytes: 250 };
    const both = [residency.attach(demand('a'), order, quiet()), residency.attach(demand('a'), order, quiet())];
    finish();
    await Promise.all(both);
    await residency.attach(demand('a'), order, quiet());
    expect(runtime.calls).toEqual(['load a 1024x2', 'attach a:x 1024x2']);
    expect(residency.availableBytes('local')).toBe(500);
    expect(measured).toEqual([['ollama/a', 1000]]);
    expect(await residency.additionOf(demand('a'), lora, quiet())).toBeUndefined();
  });

  it('reserve what they need while they come', async () => {
    const { residency, demand, finish } = setUpWithAdapters();
    await residency.load(demand('a'));
    const attaching = residency.attach(demand('a'), { lora, needBytes: 250 }, quiet());
    await new Promise(setImmediate);
    expect(residency.availableBytes('local')).toBe(550);
    finish();
    await attaching;
    expect(residency.availableBytes('local')).toBe(500);
  });

  it('are refused with both figures when there is no memory for them', async () => {
    const { runtime, residency, demand } = setUpWithAdapters();
    await residency.load(demand('a'));
    await expect(residency.attach(demand('a'), { lora, needBytes: 801 }, quiet())).rejects.toMatchObject({
      code: 'backend_unavailable',
      message: expect.stringMatching(
        /^The adapter a:x requires 1 MiB of memory besides its base, but 1 MiB are available/,
      ),
    });
    expect(runtime.calls).toEqual(['load a 1024x2']);
  });

  it('do not make the next load of their base look larger', async () => {
    const { runtime, residency, finish } = setUpWithAdapters({ budgetBytes: 5000 });
    finish();
    const wanted = { runtime, name: 'a', contextLength: 1024, slots: 2, memory: 900, purpose: 'generation' } as const;
    const { demand } = await residency.known(wanted, quiet());
    await residency.load(demand);
    await residency.attach(demand, { lora, needBytes: 250 }, quiet());
    runtime.inMemory.set('a', 1050);
    await residency.reconcile(quiet());
    expect(await residency.known(wanted, quiet())).toMatchObject({ demand: { needBytes: 750 } });
  });

  it('are wanted with what they added before, else with an estimate', async () => {
    const { residency, demand, attached, finish } = setUpWithAdapters();
    finish();
    await residency.load(demand('a'));
    const estimate = await residency.additionOf(demand('a'), lora, quiet());
    expect(estimate).toBeGreaterThan(100);
    await residency.attach(demand('a'), { lora, needBytes: 250 }, quiet());
    attached.length = 0;
    expect(await residency.additionOf(demand('a'), lora, quiet())).toBe(300);
  });

  it('end for one who leaves, and come for the others', async () => {
    const { residency, demand, finish } = setUpWithAdapters();
    await residency.load(demand('a'));
    const gone = new AbortController();
    const order = { lora, needBytes: 250 };
    const first = residency.attach(demand('a'), order, gone.signal);
    const second = residency.attach(demand('a'), order, quiet());
    gone.abort(new Error('left'));
    await expect(first).rejects.toThrow('left');
    finish();
    await second;
  });

  it('that are models of their own are of one family with their base', async () => {
    const { runtime, residency } = setUp();
    runtime.derived = {
      make: () => 'made',
      adapterOf: () => undefined,
      baseOf: (name) => (name === 'made' ? 'a' : name),
    };
    const wanted = { runtime, contextLength: 1024, slots: 2, memory: 900, purpose: 'generation' } as const;
    const familyOf = async (name: string): Promise<string | undefined> =>
      (await residency.known({ ...wanted, name }, quiet())).demand.family;
    expect([await familyOf('a'), await familyOf('made'), await familyOf('b')]).toEqual([
      'ollama/a',
      'ollama/a',
      'ollama/b',
    ]);
  });
});
