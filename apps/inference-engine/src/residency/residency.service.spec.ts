import { describe, expect, it } from '@jest/globals';
import { backendUnavailable } from '@local-llm-agent/contracts';
import { FakeRuntime, quiet, setUp } from '../../test/residency.cases.js';
import { modelKey } from './model-demand.service.js';

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

  it('lets a model that somebody else loaded make place for itself, as often as it is loaded', async () => {
    const { runtime, residency, demand } = setUp();
    runtime.inMemory.set('a', 1500);
    runtime.loadBytes = 1500;
    await residency.reconcile(quiet());
    await expect(residency.load(demand('a', 1500))).resolves.toBe(1500);
    expect(runtime.calls).toEqual(['load a 1024x2']);
    expect(residency.availableBytes('local')).toBe(500);
  });

  it('still counts a model of somebody else when it could not be loaded in its place', async () => {
    const { runtime, residency, demand } = setUp();
    runtime.inMemory.set('a', 1500);
    await residency.reconcile(quiet());
    await expect(residency.load(demand('a', 2100))).rejects.toMatchObject({ status: 503 });
    expect(residency.availableBytes('local')).toBe(2000);
    await expect(residency.load(demand('a', 2000))).resolves.toBe(700);
  });

  it('is booked for a load from the moment it is decided, in a budget and where it is measured', async () => {
    for (const budgetBytes of [2000, undefined]) {
      const { residency, demand } = setUp({ budgetBytes });
      const first = residency.load(demand('a', 800));
      expect(residency.availableBytes('local')).toBe(1200);
      const second = residency.load(demand('b', 900));
      expect(residency.availableBytes('local')).toBe(300);
      await expect(residency.load(demand('c', 900))).rejects.toMatchObject({ status: 503 });
      await Promise.all([first, second]);
      expect(residency.availableBytes('local')).toBe(600);
    }
  });

  it('does not unload a model of somebody else that was loaded from here while another one went', async () => {
    let other = 600;
    const { runtime, residency, demand } = setUp({
      memory: {
        availableBytes: () => 2000 - other - [...runtime.inMemory.values()].reduce((sum, bytes) => sum + bytes, 0),
      },
    });
    runtime.inMemory.set('large', 800).set('wanted', 700);
    await residency.reconcile(quiet());
    const relief = residency.shortages();
    await residency.load(demand('wanted', 700));
    other = 1900;
    await relief;
    expect(runtime.calls).toEqual(['unload large', 'load wanted 1024x2']);
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
    runtime.otherNames.set('alias', 'original');
    await residency.reconcile(quiet());
    expect(lost).toEqual([]);
    expect(residency.availableBytes('local')).toBe(1300);
  });

  it('tells of a model that was lost while one of somebody else is there', async () => {
    const { runtime, residency, lost, demand } = setUp();
    await residency.load(demand('a'));
    runtime.inMemory.clear();
    runtime.inMemory.set('strange', 1500);
    await residency.reconcile(quiet());
    expect(lost).toEqual(['ollama/a']);
    expect(residency.pools()[0]?.strangers).toEqual([{ model: 'strange', runtime: 'ollama', bytes: 1500 }]);
    expect(residency.availableBytes('local')).toBe(2000);
  });

  it('takes a pinned model that was there before for one of its own, which never makes room', async () => {
    const { runtime, residency, found, demand } = setUp();
    residency.pin('ollama/a', true);
    runtime.inMemory.set('a', 900);
    await residency.reconcile(quiet());
    expect(found).toEqual([{ key: 'ollama/a', pool: 'local', needBytes: 900, slots: 1, contextLength: 0 }]);
    expect(residency.availableBytes('local')).toBe(1100);
    await expect(residency.load(demand('b', 1500))).rejects.toMatchObject({ status: 503 });
    expect(runtime.calls).toEqual([]);
    await residency.unload('ollama/a');
    await expect(residency.load(demand('a', 900))).resolves.toBe(700);
  });

  it('never lets a stranger go that was pinned since', async () => {
    const { runtime, residency, demand } = setUp();
    runtime.inMemory.set('a', 900);
    await residency.reconcile(quiet());
    residency.pin('ollama/a', true);
    expect(residency.availableBytes('local')).toBe(1100);
    await expect(residency.load(demand('b', 1500))).rejects.toMatchObject({ status: 503 });
    residency.pin('ollama/a', false);
    await residency.load(demand('b', 1500));
    expect(runtime.calls).toEqual(['unload a', 'load b 1024x2']);
  });

  it('counts nothing for a runtime that has no process any more', async () => {
    const { runtime, residency, lost, demand } = setUp({ budgetBytes: 2000 });
    runtime.inMemory.set('strange', 900);
    await residency.reconcile(quiet());
    await residency.load(demand('a'));
    runtime.failUnload = new Error('connection refused');
    residency.gone('ollama');
    residency.gone('ollama');
    expect(lost).toEqual(['ollama/a']);
    expect(residency.availableBytes('local')).toBe(2000);
    expect(residency.pools()[0]?.strangers).toEqual([]);
    await residency.reconcile(quiet(), 'ollama');
    expect(residency.pools()[0]?.strangers.map(({ model }) => model)).toEqual(['strange', 'a']);
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
