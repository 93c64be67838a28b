import { describe, expect, it } from '@jest/globals';
import type { Dispatcher } from 'undici';
import { AnswerRun, type RunAnswer } from './answer-run.relay.js';

const CONTROLLER = { abort: () => undefined, pause: () => undefined, resume: () => undefined };
const controller = CONTROLLER as unknown as Dispatcher.DispatchController;
const STREAM = { 'content-type': 'text/event-stream' };

/** Notes what is played into it. */
class Listener implements Dispatcher.DispatchHandler {
  readonly heard: string[] = [];
  tokens: unknown;

  constructor(private readonly throwsAt?: string) {}

  onResponseStart(): void {
    this.hear('start');
  }

  onResponseData(_controller: unknown, part: Buffer): void {
    this.hear(part.toString());
  }

  onResponseEnd(_controller: unknown, trailers: Record<string, unknown>): void {
    this.tokens = trailers['x-completion-tokens'];
    this.hear('end');
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.heard.push(`error ${error.message}`);
  }

  private hear(what: string): void {
    if (what === this.throwsAt) throw new Error('broken listener');
    this.heard.push(what);
  }
}

function newRun(mostBytes = 1000): { run: AnswerRun; answers: RunAnswer[]; closed: () => number } {
  const answers: RunAnswer[] = [];
  let closed = 0;
  const run = new AnswerRun({
    mostBytes,
    headFor: () => ({ id: 'own' }),
    closed: () => (closed += 1),
    whole: (answer) => answers.push(answer),
  });
  return { run, answers, closed: () => closed };
}

describe('a run that several wait for', () => {
  it('goes on for the others when one of them fails', () => {
    const { run, answers } = newRun();
    const [first, broken, last] = [new Listener(), new Listener('data: {"id":"own"}\n\n'), new Listener()];
    run.lead(first);
    run.join(broken);
    run.join(last);
    run.onResponseStart(controller, 200, STREAM);
    run.onResponseData(controller, Buffer.from('data: {"id":"a"}\n\n'));
    run.onResponseEnd(controller, { 'x-completion-tokens': '3' });
    expect(first.heard).toEqual(['start', 'data: {"id":"a"}\n\n', 'end']);
    expect(broken.heard[0]).toBe('start');
    expect(broken.heard[1]).toMatch(/^error /);
    expect(last.heard).toEqual(['start', 'data: {"id":"own"}\n\n', 'end']);
    expect(answers.map(({ text }) => text)).toEqual(['data: {"id":"a"}\n\n']);
  });

  it('tells a reader that fails at the very end of it', () => {
    const { run } = newRun();
    const broken = new Listener('end');
    run.lead(broken);
    run.onResponseStart(controller, 200, STREAM);
    run.onResponseEnd(controller, {});
    expect(broken.heard).toEqual(['start', expect.stringMatching(/^error /)]);
  });

  it('tells the tokens to the one that came first of those who are there, and to none else', () => {
    const { run } = newRun();
    const listeners = [new Listener('start'), new Listener(), new Listener()];
    run.lead(listeners[0]!);
    run.join(listeners[1]!);
    run.join(listeners[2]!);
    run.onResponseStart(controller, 200, STREAM);
    run.onResponseEnd(controller, { 'x-completion-tokens': '3' });
    expect(listeners.map(({ tokens }) => tokens)).toEqual([undefined, '3', undefined]);
  });

  it('is given on when it has grown too large, and kept by nobody', () => {
    const { run, answers, closed } = newRun(20);
    const listener = new Listener();
    run.lead(listener);
    run.onResponseStart(controller, 200, STREAM);
    const event = 'data: {"id":"a"}\n\n';
    for (let turn = 0; turn < 5; turn += 1) run.onResponseData(controller, Buffer.from(event));
    expect([run.open, closed()]).toEqual([false, 1]);
    run.onResponseEnd(controller, {});
    expect(listener.heard).toEqual(['start', ...Array<string>(5).fill(event), 'end']);
    expect(answers).toEqual([]);
  });

  it('takes in no more than can be served at the pace of events', () => {
    const { run } = newRun();
    run.lead(new Listener());
    for (let count = 1; count < 256; count += 1) {
      expect(run.open).toBe(true);
      run.join(new Listener());
    }
    expect(run.open).toBe(false);
  });
});
