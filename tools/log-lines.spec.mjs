import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { formatLogLine, readLines } from './log-lines.mjs';

const TIME = new Date(2026, 0, 20, 12, 0, 1).toISOString();

describe('formatLogLine', () => {
  it('shows time, service, level, message and fields', () => {
    const line = JSON.stringify({
      level: 'info',
      time: TIME,
      pid: 7,
      service: 'engine',
      status: 200,
      path: '/a b',
      msg: 'answered',
    });
    expect(formatLogLine('engine', line)).toBe('12:00:01 engine  info  answered status=200 path="/a b"');
  });

  it("reads pino's numbers as level names", () => {
    expect(formatLogLine('gateway', JSON.stringify({ level: 40, time: TIME, msg: 'slow' }))).toBe(
      '12:00:01 gateway warn  slow',
    );
  });

  it('shows the stack of an error under the line', () => {
    const line = JSON.stringify({
      level: 'error',
      time: TIME,
      msg: 'failed',
      err: { message: 'no', stack: 'Error: no\n  at here' },
    });
    expect(formatLogLine('engine', line)).toBe('12:00:01 engine  error failed\n    Error: no\n      at here');
  });

  it('passes on what is no JSON', () => {
    expect(formatLogLine('engine', '{oops', { fallbackLevel: 'warn' })).toMatch(
      /^\d\d:\d\d:\d\d engine {2}warn {2}\{oops$/,
    );
  });

  it('shows what a client sent to forge lines or to command the terminal as what it is', () => {
    const evil = 'a\n12:00:01 gateway info  answered\u001b]0;x\u0007\u009b2J\u2028b\u202ec\u200d';
    const line = JSON.stringify({
      level: 'warn',
      time: TIME,
      msg: `m ${evil}`,
      path: evil,
      err: { stack: `E: x\u001b[2J\n  at b\r` },
    });
    const shown = formatLogLine('gateway', line);
    expect(shown.split('\n')).toHaveLength(3);
    expect(shown).toMatch(/^[\n\x20-\x7e]+$/);
    expect(shown).toContain(
      'm a\\u{a}12:00:01 gateway info  answered\\u{1b}]0;x\\u{7}\\u{9b}2J\\u{2028}b\\u{202e}c\\u{200d}',
    );
    expect(formatLogLine('engine', 'llama\u001b[2J\tx')).toMatch(/llama\\u\{1b\}\[2J\tx$/);
  });

  it('colours warnings only when asked to', () => {
    const line = JSON.stringify({ level: 'warn', time: TIME, msg: 'slow' });
    expect(formatLogLine('engine', line, { colour: true })).toBe('\u001b[33m12:00:01 engine  warn  slow\u001b[0m');
  });
});

describe('readLines', () => {
  async function linesOf(...chunks) {
    const stream = new PassThrough();
    const lines = [];
    readLines(stream, (line) => lines.push(line));
    for (const chunk of chunks) stream.write(chunk);
    const ended = new Promise((resolve) => stream.on('end', resolve));
    stream.end();
    await ended;
    return lines;
  }

  it('puts lines together across chunks and keeps split characters whole', async () => {
    const bytes = Buffer.from('año\ntwo');
    expect(await linesOf(bytes.subarray(0, 2), bytes.subarray(2))).toEqual(['año', 'two']);
  });

  it('cuts a line without end', async () => {
    const lines = await linesOf('x'.repeat(70_000), 'y\n');
    expect(lines.map((line) => line.length)).toEqual([70_000, 1]);
  });
});
