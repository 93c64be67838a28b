import type { ServerResponse } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { inferenceTimeout } from '@local-llm-agent/contracts';
import type { EngineMetrics } from '../metrics/engine.metrics.js';
import type { PlacementService } from '../placement/placement.service.js';
import type { ModelDirectory } from '../residency/model.directory.js';
import type { ResidencyService } from '../residency/residency.service.js';
import type { SchedulerService } from '../scheduler/scheduler.service.js';
import type { AdapterService } from './adapter.service.js';
import { SlotService } from './slot.service.js';

describe('SlotService', () => {
  it('does not look for a model for longer than the request has time, though the model is still being made', async () => {
    const directory = { resolve: () => new Promise(() => undefined) } as unknown as ModelDirectory;
    const slots = new SlotService(
      directory,
      {} as SchedulerService,
      {} as ResidencyService,
      {} as PlacementService,
      {} as AdapterService,
      {} as EngineMetrics,
    );
    const abort = new AbortController();
    const { signal } = abort;
    const terms = { tier: 'small', caller: 'a', timeoutMs: 1000 } as const;
    const found = slots.find('m:adapter', { terms, purpose: 'generation', signal }, [], {} as ServerResponse);
    const late = inferenceTimeout('too late', { origin: 'engine' });
    abort.abort(late);
    await expect(found).rejects.toBe(late);
  });
});
