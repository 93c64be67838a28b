import { StringDecoder } from 'node:string_decoder';

const LONGEST_LINE = 64 * 1024;
const LONGEST_VALUE = 300;
const HIDDEN = new Set(['level', 'time', 'pid', 'hostname', 'service', 'name', 'msg', 'err', 'error', 'stack']);
const LEVELS = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };
const COLOURS = { warn: 33, error: 31, fatal: 31, debug: 90, trace: 90 };

/** What a terminal would take for a command, or show out of its place. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The text with every character visible; `kept` are those that may stay as they are. */
function visible(text, kept = '') {
  return text.replace(UNSEEN, (character) =>
    kept.includes(character) ? character : `\\u{${character.codePointAt(0).toString(16)}}`,
  );
}

function clock(time) {
  const date = new Date(time ?? Date.now());
  const part = (value) => String(value).padStart(2, '0');
  return Number.isNaN(date.getTime())
    ? '--:--:--'
    : `${part(date.getHours())}:${part(date.getMinutes())}:${part(date.getSeconds())}`;
}

function valueText(value) {
  const text = typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}...` : text;
}

function parseRecord(line) {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    // Not ours: a runtime or a crash report may print anything. It is shown as it is.
    return undefined;
  }
}

/** The parts of a line: of a record its own, of other text the text itself. */
function partsOf(line, fallbackLevel) {
  const record = parseRecord(line);
  if (!record) return { level: fallbackLevel, text: visible(line, '\t') };
  const fields = Object.entries(record)
    .filter(([name, value]) => !HIDDEN.has(name) && value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${valueText(value)}`);
  const problem = record.err ?? record.error;
  return {
    time: record.time,
    level: String(LEVELS[record.level] ?? record.level ?? fallbackLevel),
    text: visible([record.msg, ...fields].filter(Boolean).join(' ')),
    reason: problem?.stack ?? problem?.message ?? problem,
  };
}

/**
 * Makes one line of a service's log readable: `12:00:01 engine  info  message name=value`. Lines that are no JSON pass as
 * they are, under the same head.
 * @param {string} service
 * @param {string} line
 * @param {{ colour?: boolean, fallbackLevel?: string }} [options]
 */
export function formatLogLine(service, line, { colour = false, fallbackLevel = 'info' } = {}) {
  const { time, level, text, reason } = partsOf(line, fallbackLevel);
  const head = `${clock(time)} ${service.padEnd(7)} ${level.padEnd(5)}`;
  const details = reason === undefined ? '' : `\n${visible(String(reason), '\n\t').replace(/^/gm, '    ')}`;
  const whole = `${head} ${text}${details}`;
  return colour && COLOURS[level] ? `\u001b[${COLOURS[level]}m${whole}\u001b[0m` : whole;
}

/**
 * Calls back with every whole line of a stream. Memory stays bounded: a line without end is cut.
 * @param {import('node:stream').Readable} stream
 * @param {(line: string) => void} onLine
 */
export function readLines(stream, onLine) {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream.on('data', (data) => {
    const lines = (rest + decoder.write(data)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onLine(line);
    if (rest.length > LONGEST_LINE) {
      onLine(rest);
      rest = '';
    }
  });
  stream.on('end', () => {
    if (rest.trim() !== '') onLine(rest);
  });
}
