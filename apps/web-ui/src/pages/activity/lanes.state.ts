import type { EngineTimeline, ModelTimeline, TimelineSegment } from '@local-llm-agent/contracts';

export type LaneState = TimelineSegment['state'];

/** A segment on its lane, in shares of the time shown, percent. */
export interface LaneBox {
  readonly id: number;
  readonly state: LaneState;
  readonly left: number;
  readonly width: number;
}

/** What one model did in the time shown. */
export interface Lane {
  readonly key: string;
  /** With what sets it apart from others of the same name. */
  readonly name: string;
  readonly model: string;
  readonly runtime: string;
  readonly boxes: readonly LaneBox[];
  /** What it does now; undefined when it is not in memory. */
  readonly state: LaneState | undefined;
  /** Milliseconds in each state. */
  readonly spent: Readonly<Record<LaneState, number>>;
}

/** A stretch of time, Unix ms. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

interface Stretch extends TimeSpan {
  readonly segment: TimelineSegment;
}

/** The segments as far as they are in the span. */
function stretchesIn({ segments }: ModelTimeline, span: TimeSpan): readonly Stretch[] {
  return segments.flatMap((segment) => {
    const from = Math.max(span.from, Date.parse(segment.from));
    const to = Math.min(span.to, segment.to === null ? span.to : Date.parse(segment.to));
    return to > from ? [{ segment, from, to }] : [];
  });
}

/** A model in memory. */
export type Holding = Pick<ModelTimeline, 'model' | 'runtime' | 'purpose'>;

/** Its name, with what sets it apart from others of the same name. */
export function nameOf({ model, runtime, purpose }: Holding, others: readonly Holding[]): string {
  const several = others.filter((other) => other.model === model);
  const place = several.some((other) => other.runtime !== runtime) ? [runtime] : [];
  const more = [...place, ...(purpose === null || several.length === 1 ? [] : [purpose])];
  return more.length === 0 ? model : `${model} (${more.join(', ')})`;
}

function toLane(timeline: ModelTimeline, stretches: readonly Stretch[], name: string, span: TimeSpan): Lane {
  const whole = span.to - span.from;
  const spent = { loading: 0, serving: 0, idle: 0, unloading: 0 };
  for (const { segment, from, to } of stretches) spent[segment.state] += to - from;
  const { model, runtime, purpose, segments } = timeline;
  const last = segments.at(-1);
  return {
    key: `${runtime}/${purpose ?? ''}/${model}`,
    name,
    model,
    runtime,
    state: last?.to === null ? last.state : undefined,
    spent,
    boxes: stretches.map(({ segment: { id, state }, from, to }) => ({
      id,
      state,
      left: ((from - span.from) / whole) * 100,
      width: ((to - from) / whole) * 100,
    })),
  };
}

/** The lanes of the models that were in memory in the span. */
export function lanesOf({ models }: EngineTimeline, span: TimeSpan): readonly Lane[] {
  return models.flatMap((timeline) => {
    const stretches = stretchesIn(timeline, span);
    return stretches.length === 0 ? [] : [toLane(timeline, stretches, nameOf(timeline, models), span)];
  });
}

/** A segment with the model that it is of. */
export interface ModelSegment {
  readonly name: string;
  readonly segment: TimelineSegment;
}

/** The segments of all models that touch the span, the newest first. */
export function segmentsIn({ models }: EngineTimeline, span: TimeSpan): readonly ModelSegment[] {
  return models
    .flatMap((timeline) =>
      stretchesIn(timeline, span).map(({ segment }) => ({ name: nameOf(timeline, models), segment })),
    )
    .sort((a, b) => b.segment.id - a.segment.id);
}

/** The place of a model among those of the timeline: its colour everywhere. */
export function placeOf({ model, runtime, purpose }: Holding, { models }: EngineTimeline): number {
  const place = models.findIndex(
    (other) => other.model === model && other.runtime === runtime && other.purpose === purpose,
  );
  return place < 0 ? models.length : place;
}

/** What models of a pool took at one moment: name of a model -> bytes. `time` is Unix ms. */
export interface MemoryPoint {
  readonly time: number;
  readonly bytes: Readonly<Record<string, number>>;
}

/** What the models of a pool took, at so many moments that are equally far apart. */
export function memoryPoints(
  { models }: EngineTimeline,
  pool: string,
  span: TimeSpan,
  count: number,
): readonly MemoryPoint[] {
  const held = models
    .filter((timeline) => timeline.pool === pool)
    .map((timeline) => ({ name: nameOf(timeline, models), stretches: stretchesIn(timeline, span) }))
    .filter(({ stretches }) => stretches.length > 0);
  const step = (span.to - span.from) / (count - 1);
  return Array.from({ length: count }, (_, index) => {
    const time = span.from + index * step;
    const bytes: Record<string, number> = {};
    for (const { name, stretches } of held)
      bytes[name] = stretches.find(({ from, to }) => from <= time && time <= to)?.segment.bytes ?? 0;
    return { time, bytes };
  });
}
