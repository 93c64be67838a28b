import type { EngineTimeline, ModelTimeline } from '@local-llm-agent/contracts';

const keyOf = ({ runtime, model, purpose }: ModelTimeline): string => `${runtime}/${purpose ?? ''}/${model}`;

/** A lane with its news: what is told anew takes the place of what was known of it. */
function joinLane(
  before: Readonly<ModelTimeline>,
  news: Readonly<ModelTimeline> | undefined,
  from: number,
): ModelTimeline {
  const first = news?.segments[0];
  const kept = before.segments.filter(
    ({ id, to }) => (first === undefined || id < first.id) && (to === null || Date.parse(to) > from),
  );
  if (!news && kept.length === before.segments.length) return before;
  return { ...before, ...news, segments: [...kept, ...(news?.segments ?? [])] };
}

/**
 * The timeline with what was told later. Undefined when the engine was started anew meanwhile: then all of it has to be
 * asked for again.
 */
export function joinTimeline(before: EngineTimeline, news: Readonly<EngineTimeline>): EngineTimeline | undefined {
  if (before.startedAt !== news.startedAt) return undefined;
  const from = Date.parse(news.from);
  const told = new Map(news.models.map((lane) => [keyOf(lane), lane]));
  const known = before.models.map((lane) => joinLane(lane, told.get(keyOf(lane)), from));
  const knownKeys = new Set(before.models.map(keyOf));
  const fresh = news.models.filter((lane) => !knownKeys.has(keyOf(lane)));
  return { ...news, models: [...known.filter(({ segments }) => segments.length > 0), ...fresh] };
}
