import { describe, expect, it } from '@jest/globals';
import type { EngineTimeline, ModelTimeline } from '@local-llm-agent/contracts';
import { colorAt, memorySeries } from './memory.policy';

const TIME = '2026-01-20T10:30:00.000Z';

function timeline(...names: string[]): EngineTimeline {
  const models = names.map((model): ModelTimeline => ({
    model,
    runtime: 'ollama',
    purpose: null,
    pool: 'local',
    segments: [],
  }));
  return { time: TIME, startedAt: TIME, from: TIME, models };
}

describe('how models are drawn', () => {
  it('is the same whichever of them are shown', () => {
    const all = memorySeries(timeline('a', 'b', 'qwen2.5:0.5b'), ['a', 'b', 'qwen2.5:0.5b']);
    const [last] = memorySeries(timeline('a', 'b', 'qwen2.5:0.5b'), ['qwen2.5:0.5b']);
    expect(last).toEqual(all[2]);
    expect(all.map(({ name, label }) => [name, label])).toEqual([
      ['model0', 'a'],
      ['model1', 'b'],
      ['model2', 'qwen2.5:0.5b'],
    ]);
  });

  it('differs for neighbours in more than the colour', () => {
    const names = Array.from({ length: 12 }, (_, index) => `m${index}`);
    const series = memorySeries(timeline(...names), names);
    const looks = series.map(({ color, style }) => `${color} ${style}`);
    expect(new Set(looks).size).toBe(names.length);
    series.slice(1).forEach(({ style }, index) => expect(style).not.toBe(series[index]!.style));
    expect(colorAt(6)).toBe(colorAt(0));
  });
});
