import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { AnswerEvent } from '../../apps/inference-engine/src/runtime/runtime.contract.js';
import { AnswerLines } from '../../apps/inference-engine/src/runtime/ollama/answer-line.state.js';
import { toTraits } from '../../apps/inference-engine/src/runtime/ollama/model-traits.translate.js';
import { LineSplitter } from '../../apps/inference-engine/src/runtime/ollama/ndjson.parse.js';
import {
  isTooLong,
  toApiError,
  type Fault,
} from '../../apps/inference-engine/src/runtime/ollama/ollama-error.translate.js';
import {
  isLoaded,
  readPromptTokens,
  readVectors,
} from '../../apps/inference-engine/src/runtime/ollama/ollama.translate.js';
import { toMetadata } from '../../apps/inference-engine/src/runtime/ollama/model-memory.translate.js';

/** What a real Ollama 0.24 sent, by `node tools/record-ollama.mjs`. */
const FOLDER = new URL('ollama/', import.meta.url);
interface RecordedCall {
  readonly path: string;
  readonly status: number;
  readonly body: { readonly stream?: boolean; readonly logprobs?: boolean };
}
const CALLS = JSON.parse(readFileSync(new URL('calls.json', FOLDER), 'utf8')) as Record<string, RecordedCall>;

function bytesOf(name: string): Buffer {
  return readFileSync(new URL(`${name}.ndjson`, FOLDER));
}

function callOf(name: string): RecordedCall {
  const call = CALLS[name];
  if (!call) throw new Error(`There is no recorded call '${name}'.`);
  return call;
}

/** The events of a recorded answer that arrives in reads of this many bytes. */
function replay(name: string, readBytes: number): { events: AnswerEvent[]; lines: AnswerLines } {
  const { path, body } = callOf(name);
  const lines = new AnswerLines({
    from: path === '/api/chat' ? 'chat' : 'generate',
    logprobs: body.logprobs === true,
    stream: body.stream !== false,
    nextId: () => 'never',
  });
  const events: AnswerEvent[] = [];
  const splitter = new LineSplitter(1_000_000);
  const bytes = bytesOf(name);
  for (let at = 0; at < bytes.length; at += readBytes) {
    for (const line of splitter.push(bytes.subarray(at, at + readBytes)) ?? []) {
      expect(lines.read(line, events)).toBeUndefined();
    }
  }
  expect(splitter.end()).toBe('');
  return { events, lines };
}

function joined(events: readonly AnswerEvent[], type: 'text' | 'reasoning'): string {
  return events.map((event) => (event.type === type ? event.text : '')).join('');
}

interface Golden {
  readonly text: string;
  readonly reasoning?: string;
  readonly calls?: readonly object[];
  /** Reason, tokens of the prompt, tokens of the answer. */
  readonly finish: readonly [string, number, number];
  /** How many text events the answer came in. */
  readonly pieces: number;
}

const COLOURS = '1. Red\n2. Blue\n3. Green';
const CITY_CALL = { id: 'call_recorded', name: 'get_weather', arguments: '{"city":"Paris"}' };
const STORY =
  ', the city of New Haven was a thriving metropolis, with towering skyscrapers and bustling streets. But as the years went by';
const CODE =
  'The code is already quite efficient and concise. It uses a list comprehension to create a new list with the sum of the';

const ANSWERS: Readonly<Record<string, Golden>> = {
  'chat-streamed': { text: COLOURS, finish: ['stop', 13, 12], pieces: 11 },
  'chat-plain': { text: COLOURS, finish: ['stop', 13, 12], pieces: 1 },
  'chat-stop-text': { text: '1. Red\n2. B', finish: ['stop', 13, 7], pieces: 7 },
  'chat-logprobs': { text: COLOURS, finish: ['stop', 13, 12], pieces: 11 },
  'chat-logprobs-plain': { text: COLOURS, finish: ['stop', 13, 12], pieces: 1 },
  'chat-broken-characters': { text: '🦄'.repeat(8), finish: ['length', 36, 24], pieces: 8 },
  'chat-format': { text: '{\n  "colour" : "blue"\n}', finish: ['stop', 13, 14], pieces: 13 },
  'chat-tool-call': { text: '', calls: [CITY_CALL], finish: ['tool_calls', 78, 17], pieces: 0 },
  'chat-tool-call-logprobs': { text: '', calls: [CITY_CALL], finish: ['tool_calls', 78, 17], pieces: 0 },
  'chat-tool-call-plain': { text: '', calls: [CITY_CALL], finish: ['tool_calls', 78, 17], pieces: 0 },
  'chat-thinking': { text: '5', reasoning: 'Two and one is five.', finish: ['stop', 119, 12], pieces: 1 },
  'chat-thinking-logprobs': { text: '5', reasoning: 'Two and one is five.', finish: ['stop', 119, 12], pieces: 1 },
  'chat-thinking-plain': { text: '5', reasoning: 'Two and one is five.', finish: ['stop', 119, 12], pieces: 1 },
  'generate-raw': { text: STORY, finish: ['length', 4, 24], pieces: 24 },
  'generate-logprobs': { text: STORY, finish: ['length', 4, 24], pieces: 24 },
  'generate-infill': { text: CODE, finish: ['length', 25, 24], pieces: 24 },
};

const ERRORS: Readonly<Record<string, readonly [number, string, RegExp]>> = {
  'chat-no-tools': [400, 'invalid_request', /does not support tools/],
  'chat-no-thinking': [400, 'invalid_request', /does not support thinking/],
  'chat-bad-schema': [400, 'invalid_request', /no grammar of the schema/],
  'chat-bad-grammar': [503, 'backend_unavailable', /unexpectedly stopped/],
  'chat-unknown-model': [404, 'model_not_found', /ollama pull/],
  'generate-no-infill': [400, 'invalid_request', /does not support insert/],
};

const BROKEN_OFF = ['generate-repeats-itself', 'generate-repeats-itself-plain'];
const TOO_LONG = ['chat-too-long', 'generate-too-long', 'embed-too-long'];
const OTHERS = ['embed', 'embed-nothing', 'show-plain', 'show-tools', 'show-thinks', 'show-fills'];

describe('recorded answers of Ollama', () => {
  it.each(Object.entries(ANSWERS))('become events: %s', (name, golden) => {
    for (const readBytes of [1_000_000, 61, 1]) {
      const { events } = replay(name, readBytes);
      const finish = events.at(-1);
      const calls = events.flatMap((event) => (event.type === 'toolCall' ? [event.call] : []));
      expect(joined(events, 'text')).toBe(golden.text);
      expect(joined(events, 'reasoning')).toBe(golden.reasoning ?? '');
      expect(calls).toEqual(golden.calls ?? []);
      expect(events.filter(({ type }) => type === 'text')).toHaveLength(golden.pieces);
      const [reason, promptTokens, completionTokens] = golden.finish;
      expect(finish).toEqual({ type: 'finish', reason, usage: { promptTokens, completionTokens } });
    }
  });

  it.each(Object.keys(ANSWERS).filter((name) => CALLS[name]?.body.logprobs === true))(
    'have tokens that are the text, and the numbers of Ollama: %s',
    (name) => {
      const { events } = replay(name, 1_000_000);
      const tokens = events.flatMap((event) => (event.type === 'text' ? (event.logprobs ?? []) : []));
      const text = joined(events, 'text');
      expect(tokens.map(({ token }) => token).join('')).toBe(text);
      expect(Buffer.from(tokens.flatMap(({ bytes }) => bytes ?? [])).toString('utf8')).toBe(text);
      const sent = [
        ...bytesOf(name)
          .toString('utf8')
          .matchAll(/"logprob":(-?[\d.e-]+)/g),
      ].map(([, number]) => Number(number));
      for (const { logprob, top_logprobs: top } of tokens) {
        expect(sent).toContain(logprob);
        for (const candidate of top) expect(sent).toContain(candidate.logprob);
      }
    },
  );

  it.each(BROKEN_OFF)('that were broken off for repetition are known by it: %s', (name) => {
    const { events, lines } = replay(name, 1_000_000);
    expect(events.at(-1)?.type).toBe('text');
    expect(lines.looped).toBe(true);
    expect(lines.text).toBe(`"${' ha'.repeat(31)}`);
  });

  it.each(Object.entries(ERRORS))('become errors: %s', (name, [status, code, message]) => {
    const refused: Fault = {
      type: 'fault',
      kind: 'refused',
      status: callOf(name).status,
      body: bytesOf(name).toString('utf8'),
    };
    expect(isTooLong(refused)).toBe(false);
    const error = toApiError(refused, { address: 'http://127.0.0.1:11434', model: 'm' });
    expect(error).toMatchObject({ status, code, message: expect.stringMatching(message) });
  });

  it.each(TOO_LONG)('say that a prompt is too long: %s', (name) => {
    const body = bytesOf(name).toString('utf8');
    expect(isTooLong({ type: 'fault', kind: 'refused', status: callOf(name).status, body })).toBe(true);
  });

  it('have vectors, or none where a model was only loaded', () => {
    const answer: unknown = JSON.parse(bytesOf('embed').toString('utf8'));
    expect(readVectors(answer, 2)?.map((vector) => vector.length)).toEqual([4, 4]);
    expect(readVectors(answer, 3)).toBeUndefined();
    expect(readPromptTokens(answer)).toBe(3);
    expect(isLoaded(JSON.parse(bytesOf('embed-nothing').toString('utf8')))).toBe(true);
  });

  it.each([
    ['show-plain', { tools: 'none', thinking: 'none', infill: false }],
    ['show-tools', { tools: 'native', thinking: 'none', infill: false }],
    ['show-thinks', { tools: 'none', thinking: 'native', infill: false }],
    ['show-fills', { tools: 'none', thinking: 'none', infill: true }],
  ])('tell what a model can do: %s', (name, expected) => {
    const show: unknown = JSON.parse(bytesOf(name).toString('utf8'));
    const always = { generation: true, embedding: true, vision: false };
    expect(toTraits(show).capabilities).toEqual({ ...always, ...expected });
    const metadata = toMetadata(show, 5, { cacheType: 'f16', parallel: undefined });
    expect(metadata).toMatchObject({ contextLength: 8192, embeddingLength: 576 });
    expect(metadata.layers).toHaveLength(30);
  });

  it('are all looked at', () => {
    const known = [...Object.keys(ANSWERS), ...Object.keys(ERRORS), ...BROKEN_OFF, ...TOO_LONG, ...OTHERS];
    const recorded = readdirSync(FOLDER).flatMap((file) => (file.endsWith('.ndjson') ? [file.slice(0, -7)] : []));
    expect(recorded.sort()).toEqual(known.sort());
    expect(Object.keys(CALLS).sort()).toEqual(known.sort());
  });
});
