import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { quiet, setUp, type House } from '../../test/residency.cases.js';

/** A machine of 2000 bytes on which somebody else has loaded models, and whose runtime unloads when it is let. */
describe('models that somebody else has loaded', () => {
  let house: House;
  let letGo: () => void;

  const holding = async (models: Readonly<Record<string, number>>): Promise<void> => {
    for (const [name, bytes] of Object.entries(models)) house.runtime.inMemory.set(name, bytes);
    await house.residency.reconcile(quiet());
  };

  beforeEach(() => {
    house = setUp();
    const { runtime } = house;
    const unload = runtime.unload.bind(runtime);
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    runtime.unload = async (name) => {
      runtime.calls.push(`asked to unload ${name}`);
      await gate;
      return unload(name);
    };
  });

  it('are let go once, however many need their memory', async () => {
    const { runtime, residency, demand } = house;
    await holding({ foreign: 1500 });
    runtime.loadBytes = 600;
    const loads = [residency.load(demand('a', 600)), residency.load(demand('b', 600))];
    await turn();
    letGo();
    await Promise.all(loads);
    expect(runtime.calls).toEqual(['asked to unload foreign', 'unload foreign', 'load a 1024x2', 'load b 1024x2']);
  });

  it('are counted once when they are wanted from here while they are on their way out', async () => {
    const { runtime, residency, demand } = house;
    await holding({ a: 900, c: 890 });
    const loads = [residency.load(demand('b', 1000))];
    await turn();
    loads.push(residency.load(demand('a', 800)));
    letGo();
    await Promise.all(loads);
    // With what both need there is no room for the third one, which has to go as well.
    expect(runtime.calls.filter((call) => call.startsWith('unload'))).toEqual(['unload a', 'unload c']);
    expect([...runtime.inMemory.keys()].sort()).toEqual(['a', 'b']);
  });

  it('are nobody else’s any more once they are loaded from here, although they did not go just before', async () => {
    const { runtime, residency, demand } = house;
    await holding({ a: 900 });
    runtime.failUnload = new Error('busy');
    const loads = [residency.load(demand('b', 1200))];
    await turn();
    loads.push(residency.load(demand('a', 700)));
    letGo();
    await Promise.all(loads);
    expect(residency.pools()).toMatchObject([{ strangers: [] }]);
  });
});
