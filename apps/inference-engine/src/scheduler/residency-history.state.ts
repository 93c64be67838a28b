import { poolOf, type MemoryPool, type ModelKey, type Resident } from './scheduler.types.js';

/** What a model in memory does: it comes, works, waits for work, or goes. */
export type ResidencyState = 'loading' | 'serving' | 'idle' | 'unloading';

/** A stretch of time in which a model did one thing. Clock times, ms. */
export interface ResidencySegment {
  /** Counts up over all models; a segment keeps it. */
  readonly id: number;
  readonly state: ResidencyState;
  readonly from: number;
  /** Undefined while it goes on. */
  readonly to: number | undefined;
  /** What the model took in memory, at its end. */
  readonly bytes: number;
}

/** What one model did, oldest first. */
export interface ResidencyLane {
  readonly key: ModelKey;
  readonly pool: MemoryPool;
  readonly segments: readonly ResidencySegment[];
}

/** How long, ms, what happened is kept. */
export const KEPT_MS = 30 * 60_000;
/** Most segments of all models together. */
export const MOST_SEGMENTS = 4000;
/** A pause shorter than this, ms, between two requests is not told. */
const SHORTEST_PAUSE_MS = 500;

/** Old segments are forgotten so many at a time: each time the others have to be moved. */
const FORGOTTEN_AT_ONCE = 100;

interface Lane {
  readonly key: ModelKey;
  pool: MemoryPool;
  segments: Segment[];
  /** Grows where there are too many segments. */
  shortestPauseMs: number;
}

type Segment = { -readonly [Field in keyof ResidencySegment]: ResidencySegment[Field] };

function stateOf({ phase, slotsInUse }: Resident): ResidencyState {
  if (phase !== 'ready') return phase;
  return slotsInUse > 0 ? 'serving' : 'idle';
}

function isOld(segment: Segment | undefined, now: number): boolean {
  return segment?.to !== undefined && segment.to <= now - KEPT_MS;
}

/** The segments with pauses left out that are shorter than this. */
function withoutPauses(segments: readonly Segment[], shortestMs: number): Segment[] {
  const kept: Segment[] = [];
  for (const segment of segments) {
    const pause = kept.at(-1);
    const before = kept.at(-2);
    if (segment.state === 'serving' && pause && before && isPause(pause, before, segment.from, shortestMs)) {
      kept.pop();
      before.to = segment.to;
      before.bytes = segment.bytes;
    } else kept.push(segment);
  }
  return kept;
}

function isPause(pause: Segment, before: Segment, until: number, shortestMs: number): boolean {
  return (
    pause.state === 'idle' && before.state === 'serving' && before.to === pause.from && until - pause.from < shortestMs
  );
}

/**
 * What the models in memory did in the last half hour. It is told of each change, and bounded: where there are too many
 * segments, short pauses of the busiest model are left out first, then its oldest segments.
 */
export class ResidencyHistory {
  private readonly lanes = new Map<ModelKey, Lane>();
  private lastId = 0;
  private count = 0;

  /** Notes what the model does from now on. Cheap when that is what it did before. */
  note(resident: Resident, now: number): void {
    const { key } = resident.demand;
    const state = stateOf(resident);
    const lane = this.lanes.get(key) ?? this.open(key);
    lane.pool = poolOf(resident.demand);
    const last = lane.segments.at(-1);
    if (last?.to === undefined && last?.state === state) {
      last.bytes = resident.bytes;
      return;
    }
    this.close(lane, now);
    if (state === 'serving' && this.goOn(lane, resident.bytes, now)) return;
    if (isOld(lane.segments[FORGOTTEN_AT_ONCE], now)) this.forgetOld(lane, now);
    this.lastId += 1;
    lane.segments.push({ id: this.lastId, state, from: now, to: undefined, bytes: resident.bytes });
    this.count += 1;
    if (this.count > MOST_SEGMENTS) this.shrink();
  }

  /** Notes that the model is not in memory any more. */
  leave(key: ModelKey, now: number): void {
    const lane = this.lanes.get(key);
    if (lane) this.close(lane, now);
  }

  /** Copies of the segments of the last half hour that go on, or ended after this moment. */
  since(moment: number, now: number): readonly ResidencyLane[] {
    for (const lane of this.lanes.values()) {
      this.forgetOld(lane, now);
      if (lane.segments.length === 0) this.lanes.delete(lane.key);
    }
    return [...this.lanes.values()].flatMap(({ key, pool, segments }) => {
      const news = segments.filter(({ to }) => to === undefined || to > moment);
      return news.length === 0 ? [] : [{ key, pool, segments: news.map((segment) => ({ ...segment })) }];
    });
  }

  private open(key: ModelKey): Lane {
    const lane: Lane = { key, pool: 'local', segments: [], shortestPauseMs: SHORTEST_PAUSE_MS };
    this.lanes.set(key, lane);
    return lane;
  }

  private close(lane: Lane, now: number): void {
    const last = lane.segments.at(-1);
    if (!last || last.to !== undefined) return;
    last.to = now;
    if (last.from < now) return;
    lane.segments.pop();
    this.count -= 1;
  }

  /** Goes on with the work before a pause that was too short to be told. */
  private goOn(lane: Lane, bytes: number, now: number): boolean {
    const last = lane.segments.at(-1);
    if (last?.state === 'serving' && last.to === now) {
      last.to = undefined;
      return true;
    }
    const before = lane.segments.at(-2);
    if (!last || !before || last.to !== now || !isPause(last, before, now, lane.shortestPauseMs)) return false;
    lane.segments.pop();
    this.count -= 1;
    before.to = undefined;
    before.bytes = bytes;
    return true;
  }

  private forgetOld({ segments }: Lane, now: number): void {
    const first = segments.findIndex((segment) => !isOld(segment, now));
    this.count -= segments.splice(0, first < 0 ? segments.length : first).length;
  }

  private shrink(): void {
    const [longest] = [...this.lanes.values()].sort((a, b) => b.segments.length - a.segments.length);
    if (!longest) return;
    const { length } = longest.segments;
    longest.shortestPauseMs *= 2;
    longest.segments = withoutPauses(longest.segments, longest.shortestPauseMs);
    // Nothing but changes of memory: then the oldest go, some at once so that this is rare.
    if (longest.segments.length === length) longest.segments.splice(0, Math.ceil(length / 10));
    this.count -= length - longest.segments.length;
  }
}
