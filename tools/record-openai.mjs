/**
 * Records the streams of the OpenAI routes from a system that runs, for the tests that replay them:
 * `npm start`, then `node tools/record-openai.mjs [http://localhost:3160]`. Ids and times are made the same each time.
 * It needs the demo model, and a model named `thinker` that thinks before it answers.
 */
import fs from 'node:fs';
import path from 'node:path';
import { ROOT, SetupError, runMain, say } from './repository.mjs';

const FOLDER = path.join(ROOT, 'tests', 'contract', 'openai');
const LONGEST_MS = 120_000;
const MODEL = 'smollm2';
const MESSAGES = [
  { role: 'system', content: 'You are a helpful assistant.' },
  { role: 'user', content: 'What is the capital of France?' },
];
const MOOD = {
  type: 'object',
  properties: { mood: { enum: ['good', 'bad'] } },
  required: ['mood'],
  additionalProperties: false,
};
const CHAT = { model: MODEL, messages: MESSAGES, temperature: 0, seed: 1, max_tokens: 12, stream: true };
const TEXT = { model: MODEL, prompt: 'One, two, three,', temperature: 0, seed: 1, max_tokens: 6, stream: true };
const USAGE = { stream_options: { include_usage: true } };
/** What the other dialects ask the engine for. */
const ALL_COUNTS = { stream_options: { include_usage: true, include_prompt_usage: true }, include_timings: true };

/** Name -> route and body: one for each kind of event that a stream can have. */
const RECORDINGS = {
  'chat-text': ['chat/completions', { ...CHAT, max_tokens: 40 }],
  'chat-counts': ['chat/completions', { ...CHAT, ...ALL_COUNTS, max_tokens: 40 }],
  'chat-reasoning': [
    'chat/completions',
    { ...CHAT, ...ALL_COUNTS, model: 'thinker', max_tokens: 12, reasoning_effort: 'high' },
  ],
  'chat-stop': ['chat/completions', { ...CHAT, max_tokens: 40, stop: [' Paris'] }],
  'chat-usage': ['chat/completions', { ...CHAT, ...USAGE }],
  'chat-choices': ['chat/completions', { ...CHAT, ...USAGE, n: 2, temperature: 1 }],
  'chat-logprobs': ['chat/completions', { ...CHAT, max_tokens: 4, logprobs: true, top_logprobs: 2 }],
  'chat-schema': [
    'chat/completions',
    { ...CHAT, max_tokens: 40, response_format: { type: 'json_schema', json_schema: { name: 'mood', schema: MOOD } } },
  ],
  'chat-tool-call': [
    'chat/completions',
    {
      ...CHAT,
      ...ALL_COUNTS,
      max_tokens: 60,
      tools: [{ type: 'function', function: { name: 'set_mood', parameters: MOOD } }],
      tool_choice: 'required',
    },
  ],
  'completion-text': ['completions', { ...TEXT, ...USAGE }],
  'completion-choices': ['completions', { ...TEXT, prompt: ['One,', 'A,'], echo: true, n: 2 }],
  'completion-logprobs': ['completions', { ...TEXT, logprobs: 2 }],
};

function normalised(text) {
  return text
    .replaceAll(/"id":"(chatcmpl|cmpl)-\w+"/g, '"id":"$1-1"')
    .replaceAll(/"id":"call_\w+"/g, '"id":"call_1"')
    .replaceAll(/"created":\d+/g, '"created":1')
    .replaceAll(/"(total|load|prompt|predicted)_ms":[\d.]+/g, '"$1_ms":1');
}

async function record(gateway, name, [route, body]) {
  const response = await fetch(`${gateway}/v1/${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(LONGEST_MS),
  });
  const text = await response.text();
  if (response.status !== 200) throw new SetupError(`${name} was answered with ${response.status}: ${text}`);
  fs.writeFileSync(path.join(FOLDER, `${name}.request.json`), `${JSON.stringify({ route, body }, undefined, 2)}\n`);
  fs.writeFileSync(path.join(FOLDER, `${name}.sse`), normalised(text));
  say(`recorded ${name}`);
}

await runMain(async () => {
  const gateway = process.argv[2] ?? 'http://localhost:3160';
  fs.mkdirSync(FOLDER, { recursive: true });
  for (const [name, recording] of Object.entries(RECORDINGS)) await record(gateway, name, recording);
});
