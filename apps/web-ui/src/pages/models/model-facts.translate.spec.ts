import { describe, expect, it } from '@jest/globals';
import type { ModelPlan, ResidentStatus, TaggedModel } from '@local-llm-agent/contracts';
import { toFactSheet } from './model-facts.translate';
import type { ModelRow } from './model-rows.translate';

const row = (news: Partial<ModelRow>): ModelRow =>
  ({ id: 'a', plan: undefined, tag: undefined, residents: [], place: 'installed', ...news }) as ModelRow;

const PLAN = { runtimes: ['gpu1', 'gpu2'], contextLength: 2048, slots: 2, needBytes: 7, loadMs: null } as ModelPlan;

describe('what is known of a model', () => {
  it('is what is loaded, where it is loaded otherwise than planned', () => {
    const residents = [{ runtime: 'gpu1', contextLength: 8192, slots: 1 } as ResidentStatus];
    expect(toFactSheet(row({ plan: PLAN, residents }))).toMatchObject({
      contextLength: 8192,
      slots: 1,
      hosts: ['gpu1', 'gpu2'],
    });
    expect(toFactSheet(row({ plan: PLAN }))).toMatchObject({ contextLength: 2048, slots: 2, loadMs: undefined });
    expect(toFactSheet(row({ residents })).hosts).toEqual(['gpu1']);
  });

  it('has nothing where a runtime tells an empty text or a zero', () => {
    const details = { family: '', families: [], quantization_level: '', parameter_size: '', format: '' };
    const tag = { size: 0, details, modified_at: '2026-01-01T00:00:00Z' } as unknown as TaggedModel;
    const facts = toFactSheet(row({ tag }));
    expect([facts.sizeBytes, facts.family, facts.quantization, facts.format]).toEqual(Array(4).fill(undefined));
  });
});
