import type { Logger } from '@local-llm-agent/observability';
import { within } from '@local-llm-agent/http';
import type { ModelDemand, ModelKey } from '../scheduler/scheduler.types.js';
import type { MemoryLedger, Room } from './memory-ledger.service.js';
import { familyOf, modelKey, type ModelDemands } from './model-demand.service.js';
import { isBeyond } from './need-history.state.js';
import type { ResidencyMeter } from './residency.types.js';

/** What the comparison is made with. */
export interface ComparisonOptions {
  readonly ledger: MemoryLedger;
  readonly demands: ModelDemands;
  readonly log: Pick<Logger, 'warn'>;
  readonly meter: ResidencyMeter | undefined;
  /** The runtime lost a model by itself. */
  readonly lost: (key: ModelKey) => void;
  /** A pinned model is there that nobody asked for here. */
  readonly found: (demand: ModelDemand) => void;
  /** A model takes another amount of memory than before, in bytes. */
  readonly measured: (key: ModelKey, bytes: number) => void;
}

/** What a runtime says of its residents. */
interface Listing {
  /** Name -> what it takes of its pool, in bytes; under the name it is held by, where it is. */
  readonly there: ReadonlyMap<string, number>;
  readonly missing: readonly string[];
}

/** Compares what runtimes hold with what is believed of them, and corrects that. */
export class ResidentComparison {
  constructor(private readonly options: ComparisonOptions) {}

  /** Compares one runtime: lost models are told of, strangers are taken up, figures are corrected. Never rejects. */
  async compare(room: Room, signal: AbortSignal): Promise<void> {
    const { runtime, held } = room;
    const { changes } = room;
    const listing = await this.listing(room, signal);
    // A list from before a change says nothing about what is there now.
    if (!listing || room.underWay > 0 || room.changes !== changes) return;
    const { there, missing } = listing;
    this.correct(room, there);
    room.strangers = new Map([...there].filter(([name]) => !held.has(name)));
    this.adopt(room);
    for (const name of missing) {
      this.options.log.warn({ model: name, runtime: runtime.id }, 'the runtime lost a model');
      this.options.lost(modelKey(runtime, name));
    }
  }

  /** The runtime holds nothing any more: its models are told of as lost. */
  gone(room: Room): void {
    const { runtime, held, pool, strangers } = room;
    for (const bytes of strangers.values()) this.options.ledger.freed(pool, bytes);
    strangers.clear();
    for (const name of [...held.keys()]) this.options.lost(modelKey(runtime, name));
  }

  /**
   * A pinned model that is there already is the scheduler's from now on. Nobody knows how it was loaded, so it has no
   * context to give: the first request has it loaded anew.
   */
  private adopt({ runtime, pool, strangers, held }: Room): void {
    const { ledger, found } = this.options;
    for (const [name, bytes] of strangers) {
      const key = modelKey(runtime, name);
      if (!ledger.pinned.has(key)) continue;
      const demand = { key, pool, needBytes: bytes, slots: 1, contextLength: 0, ...familyOf(runtime, name) };
      strangers.delete(name);
      held.set(name, { demand, bytes, bookedBytes: 0, addedBytes: 0, told: false });
      found(demand);
    }
  }

  /** A model grows while it works: buffers are only taken when they are first written to. */
  private correct({ runtime, held: models }: Room, there: ReadonlyMap<string, number>): void {
    const { demands, meter, log, measured } = this.options;
    for (const [name, held] of models) {
      const bytes = there.get(name) ?? 0;
      if (bytes <= held.bytes) continue;
      held.bytes = bytes;
      const { key, needBytes } = held.demand;
      const own = bytes - held.addedBytes;
      const record = demands.grown(held.demand, own);
      meter?.needed(key, { predicted: record?.predicted ?? needBytes, measured: own });
      measured(key, bytes);
      if (held.told || !isBeyond(own, needBytes)) continue;
      held.told = true;
      meter?.grew(key);
      log.warn(
        { model: name, runtime: runtime.id, needBytes, bytes },
        'a model takes more memory than it was given room for: the next load reckons with that',
      );
    }
  }

  private async listing(room: Room, signal: AbortSignal): Promise<Listing | undefined> {
    try {
      const listing = await within(signal, this.list(room, signal));
      room.answers = true;
      return listing;
    } catch (err) {
      // Said once, not on every round: a runtime that is down stays down for a while.
      if (room.answers)
        this.options.log.warn({ err, runtime: room.runtime.id }, 'the runtime does not say what it holds');
      room.answers = false;
      return undefined;
    }
  }

  /** What misses here and what is too much may be one model under two names, where the runtime has such. */
  private async list(room: Room, signal: AbortSignal): Promise<Listing> {
    const { runtime, held } = room;
    const listed = await runtime.residents(signal);
    const there = new Map(listed.map((model) => [model.name, this.options.ledger.shareOf(room, model)]));
    const missing: string[] = [];
    for (const name of [...held.keys()].filter((each) => !there.has(each))) {
      const isStrange = [...there.keys()].some((each) => !held.has(each));
      const other = isStrange ? await runtime.listedAs?.(name, signal) : undefined;
      const bytes = other === undefined ? undefined : there.get(other);
      if (other === undefined || bytes === undefined) {
        missing.push(name);
        continue;
      }
      there.set(name, bytes);
      if (!held.has(other)) there.delete(other);
    }
    return { there, missing };
  }
}
