import { ApiError, backendUnavailable } from '@local-llm-agent/contracts';
import { within } from '@local-llm-agent/http';
import type { InstalledModel, Runtime } from '../runtime/runtime.contract.js';

/** A model that a runtime has. */
export interface Installed {
  readonly runtime: Runtime;
  readonly model: InstalledModel;
}

/** A model and every runtime that has it. */
export type Copies = readonly [Installed, ...Installed[]];

/** How long the lists are good. */
const FRESH_MS = 5000;
/** How soon a runtime that did not list its models is asked again. */
const RETRY_MS = 1000;
/** Longest wait for the list of a runtime. */
const LIST_TIMEOUT_MS = 5000;

/** Knows what is installed in the runtimes: their lists, read again from time to time. */
export class InstalledModels {
  /** Name -> the runtimes that have it, in the order of the settings. */
  private models = new Map<string, Copies>();
  private readonly failures = new Map<string, ApiError>();
  private readAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | undefined;

  /** @param isUp whether a runtime answers, as far as is known */
  constructor(
    private readonly runtimes: readonly Runtime[],
    private readonly isUp: (runtime: Runtime) => boolean,
  ) {}

  /** Names of all models. */
  get names(): readonly string[] {
    return [...this.models.keys()];
  }

  /** Whether the lists are old. */
  get stale(): boolean {
    return performance.now() - this.readAt >= FRESH_MS;
  }

  /** Why a runtime did not list its models the last time, if one did not. */
  get failure(): ApiError | undefined {
    const [failure] = this.failures.values();
    return failure;
  }

  /** Whether the runtime listed its models the last time. */
  isListed(runtime: Runtime): boolean {
    return !this.failures.has(runtime.id);
  }

  /** The runtimes that have a model of this name and may be used for it, those that answer first. */
  copiesOf(name: string, mayUse: (runtime: Runtime) => boolean = () => true): Copies | undefined {
    // Ollama's `:latest` is the same as no tag.
    const copies = this.models.get(name.endsWith(':latest') ? name.slice(0, -':latest'.length) : name) ?? [];
    const fit = copies.filter(({ runtime }) => mayUse(runtime));
    const [first, ...others] = [
      ...fit.filter(({ runtime }) => this.isUp(runtime)),
      ...fit.filter(({ runtime }) => !this.isUp(runtime)),
    ];
    return first && [first, ...others];
  }

  /** Lets the lists be read again when they are needed the next time. */
  forget(): void {
    this.readAt = Number.NEGATIVE_INFINITY;
  }

  /** Reads the lists; all that ask at the same time share one reading. A runtime that does not answer keeps its last. */
  refresh(): Promise<void> {
    this.reading ??= this.read().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async read(): Promise<void> {
    const lists = await Promise.all(this.runtimes.map((runtime) => this.listOf(runtime)));
    const models = new Map<string, [Installed, ...Installed[]]>();
    for (const entry of lists.flat()) {
      const copies = models.get(entry.model.name);
      if (copies) copies.push(entry);
      else models.set(entry.model.name, [entry]);
    }
    this.models = models;
    // A list that misses a runtime is not trusted for long.
    this.readAt = performance.now() - (this.failures.size > 0 ? FRESH_MS - RETRY_MS : 0);
  }

  private async listOf(runtime: Runtime): Promise<readonly Installed[]> {
    const known = [...this.models.values()].flat().filter((entry) => entry.runtime === runtime);
    // Nobody waits for one that is known to be down, unless nothing is known of it.
    if (!this.isUp(runtime) && this.failures.has(runtime.id)) return known;
    try {
      const signal = AbortSignal.timeout(LIST_TIMEOUT_MS);
      // Everybody who asks for a model that is not known waits for it, whatever the runtime does besides listing.
      const models = await within(signal, runtime.list(signal));
      this.failures.delete(runtime.id);
      return models.map((model) => ({ runtime, model }));
    } catch (cause) {
      const error =
        cause instanceof ApiError
          ? cause
          : backendUnavailable(`The runtime ${runtime.id} does not list its models.`, { origin: 'runtime', cause });
      this.failures.set(runtime.id, error);
      return known;
    }
  }
}
