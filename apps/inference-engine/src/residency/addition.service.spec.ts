import { describe, expect, it } from '@jest/globals';
import type { AttachedLora, LoadPlan, ModelMetadata, Runtime } from '../runtime/runtime.contract.js';
import type { ModelDemand } from '../scheduler/scheduler.types.js';
import { ResidencyService, type ResidencyOptions } from './residency.service.js';

const metadata: ModelMetadata = {
  weightsBytes: 1000,
  contextLength: 4096,
  layers: [{ numbersPerToken: 100, window: undefined, stateNumbers: 0 }],
  embeddingLength: 64,
  heads: 4,
  holding: {
    cacheType: 'f16',
    contexts: undefined,
    batchTokens: 32,
    keepsScores: false,
    fixedBytes: 10,
    bytesPerToken: 0,
  },
  capabilities: { generation: true, embedding: true, vision: false, infill: false, tools: 'none', thinking: 'none' },
};
const lora = { name: 'a:x', path: '/x.gguf' };
const quiet = (): AbortSignal => new AbortController().signal;

interface House {
  readonly runtime: Runtime;
  readonly residency: ResidencyService;
  readonly calls: string[];
  readonly inMemory: Map<string, number>;
  readonly attached: AttachedLora[];
  /** Lets attaching go on. */
  readonly finish: () => void;
  readonly demand: (name: string) => ModelDemand;
}

/** A machine of 1500 bytes with a runtime whose models take 700, and whose LoRAs add 300 each once they may. */
function setUp(fields: Partial<ResidencyOptions> = {}): House {
  const calls: string[] = [];
  const inMemory = new Map<string, number>();
  const attached: AttachedLora[] = [];
  let finish = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const runtime = {
    id: 'embedded',
    describe: () => Promise.resolve(metadata),
    heldAs: (name: string) => name,
    load: ({ name, contextLength, slots }: LoadPlan) => {
      calls.push(`load ${name} ${contextLength}x${slots}`);
      inMemory.set(name, 700);
      return Promise.resolve({ bytes: 700 });
    },
    residents: () => Promise.resolve([...inMemory].map(([name, bytes]) => ({ name, bytes }))),
    attachments: {
      weightsBytes: () => Promise.resolve(100),
      attached: () => attached,
      attach: async (plan: LoadPlan) => {
        calls.push(`attach ${plan.lora?.name} ${plan.contextLength}x${plan.slots}`);
        await gate;
        attached.push({ ...lora, addedBytes: 300 });
        const bytes = (inMemory.get(plan.name) ?? 0) + 300;
        inMemory.set(plan.name, bytes);
        return { addedBytes: 300, bytes };
      },
    },
  } as unknown as Runtime;
  const residency = new ResidencyService({
    rooms: [{ runtime, localMemory: true }],
    memory: { availableBytes: () => 0 },
    budgetBytes: 1500,
    loadTimeoutSeconds: 60,
    log: { info: () => undefined, warn: () => undefined } as ResidencyOptions['log'],
    ...fields,
  });
  const demand = (name: string): ModelDemand => ({
    key: `embedded/${name}`,
    pool: 'local',
    needBytes: 800,
    slots: 2,
    contextLength: 1024,
  });
  return { runtime, residency, calls, inMemory, attached, finish, demand };
}

describe('adapters over loaded models', () => {
  it('are attached once, however many ask, and counted as what they add', async () => {
    const { calls, residency, demand, finish } = setUp();
    const measured: unknown[] = [];
    residency.onMeasured((key, bytes) => measured.push([key, bytes]));
    await residency.load(demand('a'));
    const order = { lora, needBytes: 250 };
    const both = [
      residency.additions.attach(demand('a'), order, quiet()),
      residency.additions.attach(demand('a'), order, quiet()),
    ];
    finish();
    await Promise.all(both);
    await residency.additions.attach(demand('a'), order, quiet());
    expect(calls).toEqual(['load a 1024x2', 'attach a:x 1024x2']);
    expect(residency.availableBytes('local')).toBe(500);
    // As booked, then as measured.
    expect(measured).toEqual([950, 1000].map((bytes) => ['embedded/a', bytes]));
    expect(await residency.additions.needOf(demand('a'), lora, quiet())).toBeUndefined();
  });

  it('reserve what they need while they come', async () => {
    const { residency, demand, finish } = setUp();
    await residency.load(demand('a'));
    const attaching = residency.additions.attach(demand('a'), { lora, needBytes: 250 }, quiet());
    await new Promise(setImmediate);
    expect(residency.availableBytes('local')).toBe(550);
    finish();
    await attaching;
    expect(residency.availableBytes('local')).toBe(500);
  });

  it('are a part of their base from then on, also when they fail', async () => {
    const { runtime, residency, demand } = setUp();
    await residency.load(demand('a'));
    const measured: unknown[] = [];
    residency.onMeasured((key, bytes) => measured.push([key, bytes]));
    Object.assign(runtime.attachments ?? {}, { attach: () => Promise.reject(new Error('broken')) });
    await expect(residency.additions.attach(demand('a'), { lora, needBytes: 250 }, quiet())).rejects.toThrow('broken');
    expect(measured).toEqual([950, 700].map((bytes) => ['embedded/a', bytes]));
    expect(residency.availableBytes('local')).toBe(800);
  });

  it('and loads never count on the same bytes', async () => {
    const { residency, demand, finish } = setUp();
    await residency.load(demand('a'));
    const attaching = residency.additions.attach(demand('a'), { lora, needBytes: 250 }, quiet());
    await expect(residency.load({ ...demand('b'), needBytes: 700 })).rejects.toMatchObject({ status: 503 });
    await expect(
      residency.additions.attach(demand('a'), { lora: { name: 'a:y', path: '/y.gguf' }, needBytes: 600 }, quiet()),
    ).rejects.toMatchObject({ message: expect.stringMatching(/^The adapter a:y requires/) });
    finish();
    await attaching;
    const loading = residency.load({ ...demand('b'), needBytes: 450 });
    await expect(
      residency.additions.attach(demand('a'), { lora: { name: 'a:y', path: '/y.gguf' }, needBytes: 100 }, quiet()),
    ).rejects.toMatchObject({ status: 503 });
    await loading;
  });

  it('are refused with both figures when there is no memory for them', async () => {
    const { calls, residency, demand } = setUp();
    await residency.load(demand('a'));
    await expect(residency.additions.attach(demand('a'), { lora, needBytes: 801 }, quiet())).rejects.toMatchObject({
      code: 'backend_unavailable',
      message: expect.stringMatching(
        /^The adapter a:x requires 1 MiB of memory besides its base, but 1 MiB are available/,
      ),
    });
    expect(calls).toEqual(['load a 1024x2']);
  });

  it('do not make the next load of their base look larger', async () => {
    const { runtime, inMemory, residency, finish } = setUp({ budgetBytes: 5000 });
    finish();
    const wanted = { runtime, name: 'a', contextLength: 1024, slots: 2, memory: 900, purpose: 'generation' } as const;
    const { demand } = await residency.known(wanted, quiet());
    await residency.load(demand);
    await residency.additions.attach(demand, { lora, needBytes: 250 }, quiet());
    inMemory.set('a', 1050);
    await residency.reconcile(quiet());
    expect(await residency.known(wanted, quiet())).toMatchObject({ demand: { needBytes: 750 } });
  });

  it('are wanted with what they added before, else with an estimate', async () => {
    const { residency, demand, attached, finish } = setUp();
    finish();
    await residency.load(demand('a'));
    const estimate = await residency.additions.needOf(demand('a'), lora, quiet());
    expect(estimate).toBeGreaterThan(100);
    await residency.additions.attach(demand('a'), { lora, needBytes: 250 }, quiet());
    attached.length = 0;
    expect(await residency.additions.needOf(demand('a'), lora, quiet())).toBe(300);
  });

  it('end for one who leaves, and come for the others', async () => {
    const { residency, demand, finish } = setUp();
    await residency.load(demand('a'));
    const gone = new AbortController();
    const order = { lora, needBytes: 250 };
    const first = residency.additions.attach(demand('a'), order, gone.signal);
    const second = residency.additions.attach(demand('a'), order, quiet());
    gone.abort(new Error('left'));
    await expect(first).rejects.toThrow('left');
    finish();
    await second;
  });

  it('give up after their time', async () => {
    const { residency, demand } = setUp({ loadTimeoutSeconds: 0.01 });
    await residency.load(demand('a'));
    await expect(residency.additions.attach(demand('a'), { lora, needBytes: 250 }, quiet())).rejects.toMatchObject({
      code: 'backend_unavailable',
      message: 'The adapter a:x did not load within 0.01 s. Try again later, or raise LOAD_TIMEOUT_SECONDS.',
    });
    expect(residency.availableBytes('local')).toBe(800);
  });

  it('need nothing where the runtime has them elsewhere', async () => {
    const { runtime, residency, demand } = setUp();
    Object.assign(runtime, { attachments: undefined });
    expect(await residency.additions.needOf(demand('a'), lora, quiet())).toBeUndefined();
  });
});
