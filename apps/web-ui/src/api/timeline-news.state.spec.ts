import { describe, expect, it } from '@jest/globals';
import type { EngineTimeline, ModelTimeline, TimelineSegment } from '@local-llm-agent/contracts';
import { joinTimeline } from './timeline-news.state';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 20, 10, 0, second)).toISOString();

function segment(id: number, from: number, to: number | null): TimelineSegment {
  return { id, state: 'serving', from: at(from), to: to === null ? null : at(to), bytes: 1 };
}

function lane(model: string, ...segments: TimelineSegment[]): ModelTimeline {
  return { model, runtime: 'ollama', purpose: null, pool: 'local', segments };
}

function timeline(time: number, ...models: ModelTimeline[]): EngineTimeline {
  return { time: at(time), startedAt: at(0), from: at(0), models };
}

const ids = (joined: EngineTimeline | undefined): unknown =>
  joined?.models.map(({ model, segments }) => [model, segments.map(({ id, to }) => (to === null ? `${id}…` : id))]);

describe('the news of a timeline', () => {
  it('end what went on, and add what began', () => {
    const before = timeline(10, lane('a', segment(1, 0, 5), segment(2, 5, null)));
    const news = timeline(20, lane('a', segment(2, 5, 12), segment(3, 12, null)), lane('b', segment(4, 15, null)));
    expect(ids(joinTimeline(before, news))).toEqual([
      ['a', [1, 2, '3…']],
      ['b', ['4…']],
    ]);
  });

  it('take the place of a pause that turned out too short to be told', () => {
    const before = timeline(10, lane('a', segment(1, 0, 9), segment(2, 9, null)));
    const news = timeline(20, lane('a', segment(1, 0, null)));
    expect(ids(joinTimeline(before, news))).toEqual([['a', ['1…']]]);
  });

  it('leave alone what they do not speak of, and drop what is too old', () => {
    const before = timeline(10, lane('a', segment(1, 0, 3), segment(2, 3, 8)), lane('b', segment(3, 0, 2)));
    const news = { ...timeline(20), from: at(5) };
    expect(ids(joinTimeline(before, news))).toEqual([['a', [2]]]);
  });

  it('cannot be joined after the engine was started anew', () => {
    expect(joinTimeline(timeline(10), { ...timeline(20), startedAt: at(15) })).toBeUndefined();
  });
});
