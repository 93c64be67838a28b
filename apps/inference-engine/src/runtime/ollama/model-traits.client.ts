import { toTraits, type ModelTraits } from './model-traits.translate.js';
import type { OllamaClient } from './ollama.client.js';

/** What models can do, by name, as Ollama said when they were last described. */
export class ModelTraitsClient {
  private readonly traits = new Map<string, ModelTraits>();

  constructor(private readonly client: OllamaClient) {}

  /** What is known without asking. */
  known(name: string): ModelTraits | undefined {
    return this.traits.get(name);
  }

  /**
   * The answer of `/api/show`; what the model can do is remembered. `verbose` has all lists in it, those of the tokens
   * as well. Throws an ApiError, or the signal's reason.
   */
  async show(name: string, signal: AbortSignal, { verbose = false } = {}): Promise<unknown> {
    const body = { model: name, ...(verbose ? { verbose } : {}) };
    const show = await this.client.control({ method: 'POST', path: '/api/show', body, signal, model: name });
    this.traits.set(name, toTraits(show));
    return show;
  }

  /** What the model can do; asks when it was not described yet. */
  async of(name: string, signal: AbortSignal): Promise<ModelTraits> {
    return this.traits.get(name) ?? toTraits(await this.show(name, signal));
  }
}
