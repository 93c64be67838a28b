import { chooseSlot, type SlotRequest, type SlotView } from './slot.policy.js';

/** A slot with a cache, one request at a time. */
export interface PooledSlot {
  /** Tokens in the cache now. */
  readonly cachedTokens: readonly number[];
  evenTokens: number;
}

/** A slot for one request, until it is given back. */
export interface SlotLease<Slot> {
  readonly slot: Slot;
  /** How much of the cache serves the prompt. */
  readonly keep: number;
}

interface Waiting<Slot> {
  readonly request: SlotRequest;
  readonly grant: (lease: SlotLease<Slot>) => void;
}

/** Hands out slots, each request the one whose cache serves it best; first come, first served when none is free. */
export class SlotPool<Slot extends PooledSlot> {
  private readonly free: Slot[];
  private readonly usedAt = new Map<Slot, number>();
  private readonly waiting: Waiting<Slot>[] = [];
  private uses = 0;

  constructor(
    slots: readonly Slot[],
    private readonly mostWaiting: number,
  ) {
    this.free = [...slots];
  }

  /**
   * Asks for a slot. `grant` is called once, perhaps at once, unless the returned function is called first, which
   * withdraws the request. Undefined when too many wait already.
   */
  take(request: SlotRequest, grant: (lease: SlotLease<Slot>) => void): (() => void) | undefined {
    if (this.free.length === 0 && this.waiting.length >= this.mostWaiting) return undefined;
    const entry = { request, grant };
    this.waiting.push(entry);
    this.serve();
    return () => {
      const index = this.waiting.indexOf(entry);
      if (index >= 0) this.waiting.splice(index, 1);
    };
  }

  /** Gives a slot back. */
  release(slot: Slot): void {
    this.free.push(slot);
    this.serve();
  }

  private serve(): void {
    const next = this.waiting[0];
    if (next === undefined) return;
    const choice = chooseSlot(
      this.free.map((slot) => this.view(slot)),
      next.request,
    );
    if (choice === undefined) return;
    const slot = this.free.splice(choice.index, 1)[0];
    if (slot === undefined) return;
    this.waiting.shift();
    this.usedAt.set(slot, ++this.uses);
    next.grant({ slot, keep: choice.keep });
  }

  private view(slot: Slot): SlotView {
    return { tokens: slot.cachedTokens, evenTokens: slot.evenTokens, usedAt: this.usedAt.get(slot) ?? 0 };
  }
}
