import { describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { modelNotFound } from '@local-llm-agent/contracts';
import { RequestWatch, setContext, type RequestContext } from '@local-llm-agent/http';
import type { AttemptService } from '../generation/attempt.service.js';
import type { RequestTerms } from '../generation/request-terms.parse.js';
import type { LookedUp, ModelDirectory } from '../residency/model.directory.js';
import type { ResidencyService } from '../residency/residency.service.js';
import type { Runtime } from '../runtime/runtime.contract.js';
import type { SchedulerService } from '../scheduler/scheduler.service.js';
import { ModelLoadService } from './model-load.service.js';

const HOST = { heldAs: (name: string) => name, id: 'ollama' } as unknown as Runtime;
const TERMS: RequestTerms = { tier: 'small', caller: 'a', timeoutMs: 1000 };
const MISSING = modelNotFound('only a fallback would answer');

/** @param looked what a look at the model gives; it is not there without one */
function serviceOver(looked?: Partial<LookedUp>): { readonly service: ModelLoadService; readonly done: string[] } {
  const done: string[] = [];
  const directory = {
    look: (name: string) =>
      looked
        ? Promise.resolve({ hosts: [HOST], name, shownAs: name, isMade: true, ...looked })
        : Promise.reject(MISSING),
    resolve: () => ({ hosts: [HOST], name: 'fallback', shownAs: 'fallback', fallbackFrom: 'm' }),
  };
  const scheduler = {
    snapshot: () => ({ residents: [{ demand: { key: 'ollama/m' }, phase: 'ready' }], pinned: [] }),
    unload: (key: string) => {
      done.push(`unload ${key}`);
      return Promise.resolve(true);
    },
    pin: (key: string, pinned: boolean) => done.push(`${pinned ? 'pin' : 'unpin'} ${key}`),
  };
  const service = new ModelLoadService(
    {} as AttemptService,
    directory as unknown as ModelDirectory,
    {} as ResidencyService,
    scheduler as unknown as SchedulerService,
    new RequestWatch(),
  );
  return { service, done };
}

function response(): ServerResponse {
  const res = {} as ServerResponse;
  setContext(res, { startedAt: 0 } as RequestContext);
  return res;
}

describe('unload and pin', () => {
  it('are of the model that was named', async () => {
    const { service, done } = serviceOver({});
    expect(await service.unload('m', TERMS, response())).toMatchObject({ model: 'm', state: 'unloaded' });
    expect(await service.pin('m', true, TERMS)).toEqual({ model: 'm', pinned: true, resident: true });
    expect(await service.pin('m', false, TERMS)).toEqual({ model: 'm', pinned: false, resident: true });
    expect(done).toEqual(['unload ollama/m', 'pin ollama/m', 'unpin ollama/m']);
  });

  it('never reach the fallback of a model that is not there', async () => {
    const { service, done } = serviceOver();
    await expect(service.unload('m', TERMS, response())).rejects.toBe(MISSING);
    await expect(service.pin('m', true, TERMS)).rejects.toBe(MISSING);
    expect(done).toEqual([]);
  });

  it('leave the base alone while the model of an adapter has yet to be made', async () => {
    const { service, done } = serviceOver({ name: 'm', shownAs: 'm:x', isMade: false });
    expect(await service.unload('m:x', TERMS, response())).toMatchObject({ model: 'm:x', state: 'unloaded' });
    await expect(service.pin('m:x', true, TERMS)).rejects.toMatchObject({ param: 'model', status: 400 });
    expect(await service.pin('m:x', false, TERMS)).toEqual({ model: 'm:x', pinned: false, resident: false });
    expect(done).toEqual([]);
  });
});
