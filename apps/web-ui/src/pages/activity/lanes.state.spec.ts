import { describe, expect, it } from '@jest/globals';
import type { EngineTimeline, ModelTimeline, TimelineSegment } from '@local-llm-agent/contracts';
import { lanesOf, memoryPoints, segmentsIn } from './lanes.state';

const START = Date.UTC(2026, 0, 20, 10, 0, 0);
const at = (second: number): string => new Date(START + second * 1000).toISOString();
const span = (from: number, to: number) => ({ from: START + from * 1000, to: START + to * 1000 });

function segment(state: TimelineSegment['state'], from: number, to: number | null, bytes = 10): TimelineSegment {
  return { id: from + 1, state, from: at(from), to: to === null ? null : at(to), bytes };
}

function model(name: string, segments: TimelineSegment[], fields: Partial<ModelTimeline> = {}): ModelTimeline {
  return { model: name, runtime: 'ollama', purpose: null, pool: 'local', segments, ...fields };
}

function timeline(...models: ModelTimeline[]): EngineTimeline {
  return { time: at(100), startedAt: at(0), from: at(0), models };
}

describe('lanes', () => {
  it('show what a model did in the time shown, in shares of it', () => {
    const [lane] = lanesOf(
      timeline(model('a', [segment('loading', 0, 20), segment('serving', 20, null)])),
      span(10, 110),
    );
    expect(lane).toMatchObject({ name: 'a', state: 'serving', spent: { loading: 10_000, serving: 90_000, idle: 0 } });
    expect(lane!.boxes.map(({ state, left, width }) => [state, left, width])).toEqual([
      ['loading', 0, 10],
      ['serving', 10, 90],
    ]);
  });

  it('are not there for models that were not in memory then', () => {
    const models = timeline(model('a', [segment('idle', 0, 10)]), model('b', [segment('idle', 50, 60)]));
    expect(lanesOf(models, span(20, 100)).map(({ name, state }) => [name, state])).toEqual([['b', undefined]]);
  });

  it('tell models of one name apart', () => {
    const idle = [segment('idle', 0, null)];
    const names = lanesOf(
      timeline(
        model('a', idle),
        model('a', idle, { runtime: 'ollama-2' }),
        model('b', idle, { purpose: 'generation' }),
        model('b', idle, { purpose: 'embedding' }),
        model('c', idle, { purpose: 'generation' }),
      ),
      span(0, 10),
    ).map(({ name }) => name);
    expect(names).toEqual(['a (ollama)', 'a (ollama-2)', 'b (generation)', 'b (embedding)', 'c']);
  });

  it('have their segments as a list, the newest first', () => {
    const told = timeline(
      model('a', [segment('loading', 0, 5), segment('idle', 5, 50)]),
      model('b', [segment('loading', 20, null)]),
    );
    expect(segmentsIn(told, span(10, 100)).map(({ name, segment: { state } }) => [name, state])).toEqual([
      ['b', 'loading'],
      ['a', 'idle'],
    ]);
  });
});

describe('memory over time', () => {
  it('is what each model took at each moment, in its pool', () => {
    const told = timeline(
      model('a', [segment('loading', 0, 10, 5), segment('idle', 10, 40, 7)]),
      model('b', [segment('idle', 60, null, 3)]),
      model('c', [segment('idle', 0, null, 9)], { pool: 'other' }),
    );
    const points = memoryPoints(told, 'local', span(0, 100), 6);
    expect(points.map(({ bytes }) => bytes)).toEqual([
      { a: 5, b: 0 },
      { a: 7, b: 0 },
      { a: 7, b: 0 },
      { a: 0, b: 3 },
      { a: 0, b: 3 },
      { a: 0, b: 3 },
    ]);
    expect(points.at(-1)!.time).toBe(START + 100_000);
  });
});
