import { Inject, Injectable } from '@nestjs/common';
import { RUNTIMES_TOKEN } from '../engine.tokens.js';
import { modelKey } from '../residency/model-demand.service.js';
import { ModelDirectory } from '../residency/model.directory.js';
import type { Runtime } from '../runtime/runtime.contract.js';
import type { ModelName } from './status.translate.js';

/** Finds the names that people know behind the keys of the scheduler. */
@Injectable()
export class ModelNames {
  constructor(
    @Inject(RUNTIMES_TOKEN) private readonly runtimes: readonly Runtime[],
    private readonly directory: ModelDirectory,
  ) {}

  /** A look-up over what is installed now; a model that is not has the name under which its runtime holds it. */
  lookUp(): (key: string) => ModelName {
    const names = new Map<string, ModelName>();
    for (const runtime of this.runtimes)
      for (const model of this.directory.installedNames)
        for (const { key, purpose } of holdingsOf(runtime, model)) {
          // Several models may share one load: the one whose own it is gives the name.
          if (!names.has(key) || key === modelKey(runtime, model))
            names.set(key, { model, runtime: runtime.id, purpose });
        }
    return (key) => names.get(key) ?? this.nameIn(key);
  }

  /** The name in the key, or that of the adapter for which a runtime made the model. */
  private nameIn(key: string): ModelName {
    const slash = key.indexOf('/');
    const held = key.slice(slash + 1);
    const runtime = key.slice(0, slash);
    const adapter = this.runtimes.find(({ id }) => id === runtime)?.derived?.adapterOf(held);
    return { model: adapter ?? held, runtime, purpose: null };
  }
}

/** The keys under which a runtime holds a model, and for which purpose. */
function holdingsOf(runtime: Runtime, model: string): readonly { key: string; purpose: ModelName['purpose'] }[] {
  const generation = modelKey(runtime, runtime.heldAs(model, 'generation'));
  const embedding = modelKey(runtime, runtime.heldAs(model, 'embedding'));
  if (generation === embedding) return [{ key: generation, purpose: null }];
  return [
    { key: generation, purpose: 'generation' },
    { key: embedding, purpose: 'embedding' },
  ];
}
