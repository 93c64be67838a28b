import type { LoadedModel } from './model.service.js';

/** What a LoRA took when it was attached. */
export interface Attached {
  readonly addedBytes: number;
  readonly bytes: number;
}

/**
 * The loaded model through each LoRA that was attached to it. The weights are there once; every LoRA has a context of
 * its own, so that what goes through it and what does not run side by side and never touch each other's cache.
 */
export class LoraViews {
  private readonly views = new Map<string, Promise<LoadedModel>>();
  /** One after the other, so that what each adds can be told apart. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly model: LoadedModel,
    private readonly measure: () => number,
  ) {}

  /** The model as calls with this LoRA see it; undefined when it is not attached. Without a LoRA the model itself. */
  through(lora: string | undefined): Promise<LoadedModel> | LoadedModel | undefined {
    return lora === undefined ? this.model : this.views.get(lora);
  }

  /** Attaches a LoRA, unless it is there. One that fails may be tried again. */
  async attach(lora: string): Promise<Attached> {
    const before = this.turn;
    let addedBytes = 0;
    const present = this.views.get(lora);
    if (present === undefined) {
      const view = before.then(async () => {
        const bytes = this.measure();
        const slots = await this.model.openSlots(lora);
        addedBytes = Math.max(0, this.measure() - bytes);
        return { ...this.model, slots };
      });
      this.views.set(lora, view);
      this.turn = view.catch(() => this.views.delete(lora));
    }
    await (present ?? this.views.get(lora));
    return { addedBytes, bytes: this.measure() };
  }
}
