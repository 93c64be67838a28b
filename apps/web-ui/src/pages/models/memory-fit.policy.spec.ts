import { describe, expect, it } from '@jest/globals';
import type { EngineStatus, ModelPlan, PoolStatus } from '@local-llm-agent/contracts';
import { barShares, loadProgress, memoryFit } from './memory-fit.policy';

const POOL = { id: 'local', totalBytes: 350, availableBytes: 50 } as PoolStatus;
const HELD = { model: 'a', pool: 'local', bytes: 300, pinned: false, phase: 'ready' };

function planOf(news: Partial<ModelPlan>): ModelPlan {
  return { pool: 'local', needBytes: 310, fit: 'makes_room', leaves: ['a'], ...news } as ModelPlan;
}

function fitOf(news: Partial<ModelPlan>, { pinned = false, phase = 'ready', pool = POOL } = {}) {
  const status = { pools: [pool], residents: [{ ...HELD, pinned, phase }] } as unknown as EngineStatus;
  return memoryFit(planOf(news), status);
}

describe('whether a model fits', () => {
  it('names who leaves, and counts only those who stay', () => {
    expect(fitOf({})).toMatchObject({
      fit: 'makes_room',
      leaves: ['a'],
      staysBytes: 0,
      freeBytes: 50,
      totalBytes: 350,
    });
    expect(fitOf({ fit: 'fits', needBytes: 40, leaves: [] })).toMatchObject({ fit: 'fits', staysBytes: 300 });
  });

  it('tells a model that is too large from one that pinned ones keep out', () => {
    expect(fitOf({ fit: 'too_large', leaves: [] }, { pinned: true })).toMatchObject({
      fit: 'pinned_in_the_way',
      pinned: ['a'],
    });
    expect(fitOf({ fit: 'too_large', needBytes: 400, leaves: [] }, { pinned: true })?.fit).toBe('too_large');
    expect(fitOf({ fit: 'too_large', leaves: [] })?.fit).toBe('too_large');
  });

  it('is to be seen once a load or unload under way is over', () => {
    expect(fitOf({ fit: 'too_large', leaves: [] }, { phase: 'loading' })?.fit).toBe('changing');
    expect(fitOf({ fit: 'too_large', needBytes: 400, leaves: [] }, { phase: 'loading' })?.fit).toBe('too_large');
  });

  it('is not told where memory is not reckoned or the need is not known', () => {
    expect(fitOf({}, { pool: { ...POOL, totalBytes: null, availableBytes: null } })).toBeUndefined();
    expect(fitOf({ needBytes: null })).toBeUndefined();
    expect(fitOf({ pool: 'elsewhere' })).toBeUndefined();
    expect(memoryFit(planOf({}), undefined)).toBeUndefined();
  });

  it('is drawn within the bar, however much is needed', () => {
    expect(barShares(fitOf({ needBytes: 175 })!)).toEqual({ stays: 0, need: 50 });
    const { stays, need } = barShares(fitOf({ fit: 'too_large', needBytes: 900, leaves: [] }, { pinned: true })!);
    expect(stays + need).toBe(100);
  });
});

describe('how far a load is', () => {
  it('is never at its end before it is there', () => {
    expect(loadProgress(5000, 20_000)).toEqual({ percent: 25, seconds: 15 });
    expect(loadProgress(19_999, 20_000)).toEqual({ percent: 95, seconds: 1 });
    expect(loadProgress(30_000, 20_000)).toEqual({ percent: 95, seconds: undefined });
    expect(loadProgress(3000, null).seconds).toBeUndefined();
  });
});
