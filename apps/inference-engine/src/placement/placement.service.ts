import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ApiError } from '@local-llm-agent/contracts';
import { ResidencyService } from '../residency/residency.service.js';
import type { Places, ResolvedModel } from '../residency/model.directory.js';
import type { ModelPurpose, Runtime } from '../runtime/runtime.contract.js';
import { SchedulerService } from '../scheduler/scheduler.service.js';
import { AffinityState } from './affinity.state.js';
import { choosePlace, type Candidate } from './placement.policy.js';
import { ResidentCheck } from './resident-check.service.js';
import { RuntimeWatch } from './runtime-watch.service.js';

/** What is known of a request before it has a place. */
export interface PlacementOrder {
  readonly purpose: ModelPurpose;
  readonly signal: AbortSignal;
  /** The beginning of the prompt, which later turns have as well; none for what is no conversation. */
  readonly beginning?: (() => string) | undefined;
  /** Runtimes where the request has failed, if there are others. */
  readonly avoid: readonly Runtime[];
}

interface Option extends Candidate {
  readonly model: ResolvedModel;
}

/** Decides on which runtime a request is answered, where several have the model. */
@Injectable()
export class PlacementService {
  private readonly affinity = new AffinityState();
  /** Requests that were sent to a model and are not over: key -> count. */
  private readonly outstanding = new Map<string, number>();

  constructor(
    private readonly residency: ResidencyService,
    private readonly scheduler: SchedulerService,
    private readonly watch: RuntimeWatch,
    private readonly residents: ResidentCheck,
  ) {}

  /**
   * One of the places that have the model; at once when there is but one. Rejects with `backend_unavailable` when all
   * are lost, or with what went wrong when none can tell what the model would need there.
   */
  place(places: Places, order: PlacementOrder): ResolvedModel | Promise<ResolvedModel> {
    const [only] = places;
    if (places.length === 1 && this.watch.isUp(only.runtime)) return only;
    return this.choose(places, order);
  }

  /** To be told of a call that failed, whatever its reason: its runtime may be gone, or what that held. Undefined before one was found. */
  failed(runtime: Runtime | undefined, error: unknown): void {
    if (!runtime || !(error instanceof ApiError)) return;
    this.watch.of(runtime).note(error);
    if (error.origin === 'runtime') this.residents.look(runtime);
  }

  /** Whether another one of the hosts could be tried. */
  hasOther(hosts: readonly Runtime[], failed: readonly Runtime[]): boolean {
    return hosts.some((host) => !failed.includes(host) && this.watch.isUp(host));
  }

  /** Counts a request of the model until the function that is returned is called. */
  count(key: string): () => void {
    this.outstanding.set(key, (this.outstanding.get(key) ?? 0) + 1);
    return () => {
      const left = (this.outstanding.get(key) ?? 1) - 1;
      if (left > 0) this.outstanding.set(key, left);
      else this.outstanding.delete(key);
    };
  }

  private async choose(places: Places, order: PlacementOrder): Promise<ResolvedModel> {
    const up = places.filter(({ runtime }) => this.watch.isUp(runtime));
    const usable = up.length > 0 ? up : await this.returned(places);
    const [only] = usable;
    if (!only) throw this.refusalOf(places);
    if (usable.length === 1) return only;
    const conversation = conversationOf(only, order);
    const last = conversation === undefined ? undefined : this.affinity.of(conversation);
    const options = await Promise.allSettled(usable.map((model) => this.optionOf(model, order, last)));
    const chosen = choosePlace(options.flatMap((option) => (option.status === 'fulfilled' ? [option.value] : [])));
    if (!chosen) throw options.find((option) => option.status === 'rejected')?.reason ?? this.refusalOf(places);
    if (conversation !== undefined) this.affinity.note(conversation, chosen.model.runtime.id);
    return chosen.model;
  }

  /** Those that answer again, of places that were all lost. */
  private async returned(places: Places): Promise<readonly ResolvedModel[]> {
    const back = await Promise.all(places.map(({ runtime }) => this.watch.isBack(runtime)));
    return places.filter((_, index) => back[index]);
  }

  private async optionOf(model: ResolvedModel, order: PlacementOrder, last: string | undefined): Promise<Option> {
    const { runtime } = model;
    try {
      const { demand } = await this.residency.known({ ...model, purpose: order.purpose }, order.signal);
      const { key, slots, needBytes, pool = 'local' } = demand;
      const phase = this.scheduler.phaseOf(key);
      return {
        model,
        up: true,
        tried: order.avoid.includes(runtime),
        resident: phase !== undefined && phase !== 'unloading',
        outstanding: this.outstanding.get(key) ?? 0,
        slots,
        needBytes,
        availableBytes: this.residency.availableBytes(pool),
        spokeLast: runtime.id === last,
      };
    } catch (error) {
      this.failed(runtime, error);
      throw error;
    }
  }

  private refusalOf([{ runtime }]: Places): ApiError {
    return this.watch.of(runtime).refusal;
  }
}

/** Turns of one conversation begin alike; on every host it has the same name. */
function conversationOf({ name }: ResolvedModel, { beginning }: PlacementOrder): string | undefined {
  return beginning && createHash('sha256').update(`${name}\n${beginning()}`).digest('base64');
}
