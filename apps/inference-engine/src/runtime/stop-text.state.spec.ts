import { describe, expect, it } from '@jest/globals';
import { StopTextState } from './stop-text.state.js';

function run(stops: string[], pieces: string[]): { sent: string[]; stopped: boolean; stop?: string } {
  const state = new StopTextState(stops);
  const sent: string[] = [];
  for (const piece of pieces) {
    const step = state.push(piece);
    sent.push(step.text);
    if (step.stopped) return { sent, stopped: true, ...(step.stop === undefined ? {} : { stop: step.stop }) };
  }
  return { sent: [...sent, state.flush()], stopped: false };
}

describe('StopTextState', () => {
  it('passes text on at once when it cannot be part of a stop text', () => {
    expect(run(['END'], ['one ', 'two'])).toEqual({ sent: ['one ', 'two', ''], stopped: false });
  });

  it('cuts at a stop text inside one piece', () => {
    expect(run(['END'], ['one END two'])).toEqual({ sent: ['one '], stopped: true, stop: 'END' });
  });

  it('finds a stop text that is spread over pieces, and never sends a part of it', () => {
    expect(run(['\n\nUser:'], ['hi\n', '\nUs', 'er', ': more'])).toEqual({
      sent: ['hi', '', '', ''],
      stopped: true,
      stop: '\n\nUser:',
    });
  });

  it('sends what it held back when it turns out to be something else', () => {
    expect(run(['END'], ['the EN', 'JOY'])).toEqual({ sent: ['the ', 'ENJOY', ''], stopped: false });
  });

  it('keeps the beginning that is still possible after a false start', () => {
    expect(run(['aab'], ['a', 'a', 'a', 'b'])).toEqual({ sent: ['', '', 'a', ''], stopped: true, stop: 'aab' });
  });

  it('gives out held text at the end of the answer', () => {
    expect(run(['END'], ['the E'])).toEqual({ sent: ['the ', 'E'], stopped: false });
  });

  it('cuts at the earliest of several stop texts', () => {
    expect(run(['b', 'a b'], ['x a b'])).toEqual({ sent: ['x '], stopped: true, stop: 'a b' });
  });

  it('ignores an empty stop text', () => {
    expect(run([''], ['one'])).toEqual({ sent: ['one', ''], stopped: false });
  });
});
