import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KEPT_MS, MOST_SEGMENTS, ResidencyHistory, type ResidencyLane } from './residency-history.state.js';
import type { Resident } from './scheduler.types.js';

const GIB = 2 ** 30;

function resident(fields: Partial<Resident> = {}, key = 'ollama/a'): Resident {
  const demand = { key, pool: 'local', needBytes: GIB, slots: 2, contextLength: 2048 };
  return { demand, bytes: GIB, phase: 'ready', since: 0, slotsInUse: 0, lastUsedAt: 0, grants: 0, ...fields };
}

const serving = resident({ slotsInUse: 1 });
const idle = resident();

/** The segments of the first lane as texts: `serving 10-20`. */
function told(lanes: readonly ResidencyLane[]): readonly string[] {
  return (lanes[0]?.segments ?? []).map(({ state, from, to }) => `${state} ${from}-${to ?? ''}`);
}

describe('the history of residency', () => {
  it('tells the whole life of a model, and then nothing until it is back', () => {
    const history = new ResidencyHistory();
    history.note(resident({ phase: 'loading' }), 1000);
    history.note(idle, 2000);
    history.note(serving, 5000);
    history.note(idle, 9000);
    history.note(resident({ phase: 'unloading' }), 12_000);
    history.leave('ollama/a', 13_000);
    history.note(resident({ phase: 'loading' }), 20_000);
    expect(told(history.since(0, 21_000))).toEqual([
      'loading 1000-2000',
      'idle 2000-5000',
      'serving 5000-9000',
      'idle 9000-12000',
      'unloading 12000-13000',
      'loading 20000-',
    ]);
  });

  it('goes on with one segment while a model works on several requests', () => {
    const history = new ResidencyHistory();
    history.note(serving, 1000);
    history.note(resident({ slotsInUse: 2 }), 2000);
    history.note(serving, 3000);
    expect(told(history.since(0, 4000))).toEqual(['serving 1000-']);
  });

  it('leaves out what took no time, and pauses too short to be seen', () => {
    const history = new ResidencyHistory();
    history.note(resident({ phase: 'loading' }), 0);
    history.note(idle, 1000);
    history.note(serving, 1000);
    history.note(idle, 2000);
    history.note(serving, 2400);
    history.note(idle, 3000);
    history.note(serving, 3600);
    expect(told(history.since(0, 4000))).toEqual([
      'loading 0-1000',
      'serving 1000-3000',
      'idle 3000-3600',
      'serving 3600-',
    ]);
  });

  it('says what a model took at the end of each segment', () => {
    const history = new ResidencyHistory();
    history.note(idle, 0);
    history.note(resident({ bytes: 2 * GIB }), 500);
    history.note(resident({ bytes: 2 * GIB, slotsInUse: 1 }), 1000);
    history.note(resident({ bytes: 3 * GIB, slotsInUse: 1 }), 2000);
    expect(history.since(0, 3000)[0]!.segments.map(({ bytes }) => bytes)).toEqual([2 * GIB, 3 * GIB]);
  });

  it('tells only news: what goes on or ended later, under the numbers that it had before', () => {
    const history = new ResidencyHistory();
    history.note(serving, 0);
    history.note(idle, 1000);
    history.note(resident({}, 'ollama/b'), 1500);
    history.leave('ollama/b', 1800);
    const before = history.since(0, 2000);
    expect(before.map(({ key }) => key)).toEqual(['ollama/a', 'ollama/b']);
    history.note(serving, 3000);
    const news = history.since(2000, 3000);
    expect(news).toHaveLength(1);
    expect(told(news)).toEqual(['idle 1000-3000', 'serving 3000-']);
    expect(news[0]!.segments[0]!.id).toBe(before[0]!.segments[1]!.id);
  });

  it('forgets what is older than half an hour, and models of which nothing else is known', () => {
    const history = new ResidencyHistory();
    history.note(serving, 0);
    history.note(idle, 1000);
    history.note(resident({}, 'ollama/b'), 0);
    history.leave('ollama/b', 1000);
    const lanes = history.since(0, KEPT_MS + 1001);
    expect(told(lanes)).toEqual(['idle 1000-']);
    expect(lanes).toHaveLength(1);
  });

  it('is bounded when models come and go all the time, and keeps the newest', () => {
    const history = new ResidencyHistory();
    let now = 0;
    for (let round = 0; round < 2000; round += 1) {
      for (const key of ['ollama/a', 'ollama/b']) {
        history.note(resident({ phase: 'loading' }, key), (now += 100));
        history.note(resident({ slotsInUse: 1 }, key), (now += 100));
        history.note(resident({ phase: 'unloading' }, key), (now += 100));
        history.leave(key, (now += 100));
      }
    }
    const lanes = history.since(0, now);
    const count = lanes.reduce((sum, { segments }) => sum + segments.length, 0);
    expect(count).toBeGreaterThan(MOST_SEGMENTS * 0.8);
    expect(count).toBeLessThanOrEqual(MOST_SEGMENTS);
    expect(lanes.map(({ segments }) => segments.at(-1)!.to)).toEqual([now - 400, now]);
  });

  it('leaves out longer pauses rather than the past of a busy model', () => {
    const history = new ResidencyHistory();
    let now = 0;
    history.note(idle, now);
    for (let round = 0; round < 3000; round += 1) {
      history.note(serving, (now += 510));
      history.note(idle, (now += 20));
    }
    const [lane] = history.since(0, now);
    expect(lane!.segments[0]!.from).toBe(0);
    expect(lane!.segments.length).toBeLessThan(MOST_SEGMENTS);
  });

  it('is in order and without holes in time, whatever happens', () => {
    const step = fc.record({
      key: fc.constantFrom('ollama/a', 'ollama/b'),
      to: fc.constantFrom('loading', 'serving', 'idle', 'unloading', 'gone'),
      ms: fc.integer({ min: 0, max: 1500 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const history = new ResidencyHistory();
        let now = 0;
        for (const { key, to, ms } of steps) {
          now += ms;
          if (to === 'gone') history.leave(key, now);
          else if (to === 'loading' || to === 'unloading') history.note(resident({ phase: to }, key), now);
          else history.note(resident({ slotsInUse: to === 'serving' ? 1 : 0 }, key), now);
        }
        for (const { segments } of history.since(0, now)) {
          segments.forEach(({ id, from, to }, index) => {
            const next = segments[index + 1];
            expect(to ?? now).toBeGreaterThanOrEqual(from);
            if (next) expect([id < next.id, to !== undefined && to <= next.from]).toEqual([true, true]);
          });
        }
      }),
      { numRuns: 200 },
    );
  });
});
