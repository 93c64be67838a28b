import { describe, expect, it } from '@jest/globals';
import { FifoPolicy } from './fifo.mjs';
import { GroupingPolicy } from './grouping.mjs';
import { LlamaSwapPolicy } from './llama-swap.mjs';
import { OllamaPolicy } from './ollama.mjs';

/** Drives a policy by short words: `1a` is request 1 for model a; tells the effects as words. */
function driven(policy, room = 1) {
  const held = new Set();
  const words = ({ type, ticketId, key, demand }) =>
    type === 'grant' ? `grant ${ticketId}` : `${type} ${key ?? demand.key}`;
  return (type, what, now = 0) => {
    const key = String(what).at(-1);
    if (type === 'unloaded') held.delete(key);
    const ticket = { id: parseInt(what, 10), demand: { key, slots: 2 }, arrivedAt: now };
    const effects = policy.handle({ type, ticket, key, ticketId: ticket.id }, now, () => room - held.size);
    for (const effect of effects) if (effect.type === 'load') held.add(effect.demand.key);
    return effects.map(words);
  };
}

describe('first in, first out', () => {
  it('closes the model in memory to requests after one that waits for its place', () => {
    const tell = driven(new FifoPolicy());
    expect(tell('arrived', '1a')).toEqual(['load a']);
    expect(tell('loaded', 'a')).toEqual(['grant 1']);
    expect(tell('arrived', '2b')).toEqual([]);
    expect(tell('arrived', '3a')).toEqual([]);
    expect(tell('released', '1')).toEqual(['unload a']);
    expect(tell('unloaded', 'a')).toEqual(['load b']);
    expect(tell('loaded', 'b')).toEqual(['grant 2']);
    expect(tell('released', '2')).toEqual(['unload b']);
  });

  it('goes on serving a model that need not go', () => {
    const tell = driven(new FifoPolicy(), 2);
    tell('arrived', '1a');
    expect(tell('loaded', 'a', 1)).toEqual(['grant 1']);
    tell('arrived', '2b', 2);
    expect(tell('loaded', 'b', 3)).toEqual(['grant 2']);
    expect(tell('arrived', '3c', 4)).toEqual([]);
    expect(tell('arrived', '4b', 5)).toEqual(['grant 4']);
    expect(tell('arrived', '5a', 6)).toEqual([]);
  });
});

describe("Ollama's order", () => {
  it('serves a loaded model at once, though another waits for its place', () => {
    const tell = driven(new OllamaPolicy(1));
    expect(tell('arrived', '1a')).toEqual(['load a']);
    expect(tell('loaded', 'a')).toEqual(['grant 1']);
    expect(tell('arrived', '2b')).toEqual([]);
    expect(tell('arrived', '3a')).toEqual(['grant 3']);
    expect(tell('released', '1')).toEqual([]);
    expect(tell('released', '3')).toEqual(['unload a']);
    expect(tell('unloaded', 'a')).toEqual(['load b']);
  });

  it('lets the head of its channel block those behind it, also those of a model that loads', () => {
    const tell = driven(new OllamaPolicy(1));
    tell('arrived', '1a');
    expect(tell('arrived', '2b')).toEqual([]);
    expect(tell('arrived', '3a')).toEqual([]);
    expect(tell('loaded', 'a')).toEqual(['grant 1']);
    expect(tell('released', '1')).toEqual(['unload a']);
    expect(tell('unloaded', 'a')).toEqual(['load b']);
    expect(tell('loaded', 'b')).toEqual(['grant 2']);
  });

  it('lets an idle runner go before a busy one, else the first by name', () => {
    const tell = driven(new OllamaPolicy(2));
    tell('arrived', '1a');
    tell('loaded', 'a');
    tell('arrived', '2b');
    tell('loaded', 'b');
    tell('released', '2');
    expect(tell('arrived', '3c')).toEqual(['unload b']);
    tell('unloaded', 'b');
    tell('loaded', 'c');
    expect(tell('arrived', '4b')).toEqual([]);
    expect(tell('released', '1')).toEqual(['unload a']);
  });
});

describe("llama-swap's order", () => {
  it('serves the running model whoever waits, and swaps when it is idle', () => {
    const tell = driven(new LlamaSwapPolicy(1));
    expect(tell('arrived', '1a')).toEqual(['load a']);
    expect(tell('arrived', '2b')).toEqual([]);
    expect(tell('arrived', '3a')).toEqual([]);
    expect(tell('loaded', 'a')).toEqual(['grant 1', 'grant 3']);
    expect(tell('released', '1')).toEqual([]);
    expect(tell('arrived', '4a')).toEqual(['grant 4']);
    expect(tell('released', '3')).toEqual([]);
    expect(tell('released', '4')).toEqual(['unload a']);
    expect(tell('unloaded', 'a')).toEqual(['load b']);
  });
});

describe('plain grouping', () => {
  it('loads the model that most wait for, once the one in memory has been idle for a moment', () => {
    const policy = new GroupingPolicy();
    const tell = driven(policy);
    tell('arrived', '1a');
    expect(tell('loaded', 'a', 10)).toEqual(['grant 1']);
    for (const what of ['2b', '3c', '4c']) tell('arrived', what, 20);
    expect(tell('released', '1', 30)).toEqual([]);
    expect(policy.wakeAt()).toBe(55);
    expect(tell('tick', '', 55)).toEqual(['unload a']);
    expect(tell('unloaded', 'a', 55)).toEqual(['load c']);
    expect(tell('loaded', 'c', 60)).toEqual(['grant 3', 'grant 4']);
  });
});
