/**
 * Records what a real Ollama sends, for `tests/contract/ollama`: starts one, makes models of the demo model whose
 * templates take tools, thoughts and gaps, and writes each answer as it came. Run it after a change of Ollama's version,
 * then look at the difference.
 */
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ensureDemoModel } from './model.mjs';
import { ollamaProgram } from './ollama.mjs';
import { freePort } from './ports.mjs';
import { ROOT, SetupError, runMain, say } from './repository.mjs';

const FOLDER = path.join(ROOT, 'tests', 'contract', 'ollama');
const TURN = '<|im_start|>assistant\n';
/** What is after `FROM` in the models' files. Ollama reads a model's abilities out of its template. */
const MODELS = {
  plain: '',
  tools: `TEMPLATE """{{- if .Tools }}<|im_start|>system
You may call these functions: {{ .Tools }}<|im_end|>
{{ end }}{{- range .Messages }}<|im_start|>{{ .Role }}
{{ if .ToolCalls }}{{ range .ToolCalls }}{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}{{ end }}{{ else }}{{ .Content }}{{ end }}<|im_end|>
{{ end }}${TURN}"""`,
  thinks: `TEMPLATE """{{- range .Messages }}<|im_start|>{{ .Role }}
{{ if .Thinking }}<think>{{ .Thinking }}</think>
{{ end }}{{ .Content }}<|im_end|>
{{ end }}${TURN}{{ if .Think }}<think>{{ end }}"""`,
  fills: `TEMPLATE """{{- if .Suffix }}<|im_start|>user
Fill the gap: {{ .Prompt }} [gap] {{ .Suffix }}<|im_end|>
${TURN}{{ else }}{{ .Prompt }}{{ end }}"""`,
};

const options = { num_ctx: 1024, num_thread: 1, seed: 1, temperature: 0, num_predict: 24, repeat_penalty: 1 };
const chat = (model, body) => ({ path: '/api/chat', body: { model, truncate: false, shift: false, options, ...body } });
const generate = (model, body) => ({
  path: '/api/generate',
  body: { model, truncate: false, shift: false, options, ...body },
});
const user = (content) => ({ role: 'user', content });
const WEATHER = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Tells the weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
/** Makes a small model write a call. */
const CALL_FORMAT = {
  type: 'object',
  properties: {
    name: { const: 'get_weather' },
    arguments: { type: 'object', properties: { city: { enum: ['Paris', 'Rome'] } }, required: ['city'] },
  },
  required: ['name', 'arguments'],
};
const THOUGHTS = [
  ['What is 1 + 1?', 'One and one is two.', '2'],
  ['What is 2 + 2?', 'Two and two is four.', '4'],
  ['What is 1 + 2?', 'One and two is three.', '3'],
].flatMap(([question, thinking, content]) => [user(question), { role: 'assistant', thinking, content }]);
const think = { messages: [...THOUGHTS, user('What is 2 + 1?')], think: true };
/** After 30 pieces that are the same Ollama breaks off, without a last line. */
const REPEATING = {
  prompt: 'Laugh: ',
  raw: true,
  think: false,
  format: { type: 'string', pattern: '^( ha){90}$' },
  options: { ...options, num_predict: 100 },
};
const COLOURS = { messages: [user('Name three colours.')] };

/** File name -> the call whose answer it holds. */
const CALLS = {
  'chat-streamed': chat('plain', COLOURS),
  'chat-plain': chat('plain', { ...COLOURS, stream: false }),
  'chat-stop-text': chat('plain', { ...COLOURS, logprobs: true, options: { ...options, stop: ['lue'] } }),
  'chat-logprobs': chat('plain', { ...COLOURS, logprobs: true, top_logprobs: 2 }),
  'chat-logprobs-plain': chat('plain', { ...COLOURS, logprobs: true, top_logprobs: 0, stream: false }),
  'chat-broken-characters': chat('plain', {
    messages: [user('Repeat after me: 😀🦄 漢字 😀🦄 漢字 😀🦄')],
    logprobs: true,
    top_logprobs: 1,
  }),
  'chat-format': chat('plain', {
    ...COLOURS,
    format: { type: 'object', properties: { colour: { enum: ['red', 'blue'] } }, required: ['colour'] },
  }),
  'chat-tool-call': chat('tools', {
    messages: [user('How is the weather in Paris?')],
    tools: [WEATHER],
    format: CALL_FORMAT,
  }),
  'chat-tool-call-logprobs': chat('tools', {
    messages: [user('How is the weather in Paris?')],
    tools: [WEATHER],
    format: CALL_FORMAT,
    logprobs: true,
  }),
  'chat-tool-call-plain': chat('tools', {
    messages: [user('How is the weather in Paris?')],
    tools: [WEATHER],
    format: CALL_FORMAT,
    stream: false,
  }),
  'chat-thinking': chat('thinks', think),
  'chat-thinking-logprobs': chat('thinks', { ...think, logprobs: true }),
  'chat-thinking-plain': chat('thinks', { ...think, stream: false }),
  'generate-repeats-itself': generate('plain', REPEATING),
  'generate-repeats-itself-plain': generate('plain', { ...REPEATING, stream: false }),
  'chat-too-long': chat('plain', { messages: [user('The quick brown fox. '.repeat(400))] }),
  'chat-no-tools': chat('plain', { messages: [user('Hi')], tools: [WEATHER] }),
  'chat-no-thinking': chat('plain', { messages: [user('Hi')], think: true }),
  'chat-bad-schema': chat('plain', { messages: [user('Hi')], format: { type: 'nonsense' } }),
  'chat-bad-grammar': chat('plain', { messages: [user('Hi')], format: { type: 'string', maxLength: 5000 } }),
  'chat-unknown-model': chat('nobody', { messages: [user('Hi')] }),
  'generate-raw': generate('plain', { prompt: 'Once upon a time', raw: true, think: false }),
  'generate-logprobs': generate('plain', {
    prompt: 'Once upon a time',
    raw: true,
    think: false,
    logprobs: true,
    top_logprobs: 1,
  }),
  'generate-infill': generate('fills', { prompt: 'def add(a, b):', suffix: 'return c', think: false }),
  'generate-no-infill': generate('plain', { prompt: 'a', suffix: 'b' }),
  'generate-too-long': generate('plain', { prompt: 'The quick brown fox. '.repeat(400), raw: true }),
  embed: { path: '/api/embed', body: { model: 'plain', input: ['one', 'two words'], truncate: false, options } },
  'embed-nothing': { path: '/api/embed', body: { model: 'plain', input: [], options } },
  'embed-too-long': {
    path: '/api/embed',
    body: { model: 'plain', input: ['one', 'The quick brown fox. '.repeat(400)], truncate: false, options },
  },
  'show-plain': { path: '/api/show', body: { model: 'plain' } },
  'show-tools': { path: '/api/show', body: { model: 'tools' } },
  'show-thinks': { path: '/api/show', body: { model: 'thinks' } },
  'show-fills': { path: '/api/show', body: { model: 'fills' } },
};

async function answering(url, server) {
  for (;;) {
    if (server.exitCode !== null) throw new SetupError('ollama ended before it answered.');
    try {
      if ((await fetch(`${url}/api/version`)).ok) return;
    } catch {
      // Not there yet; its own end is the bound.
    }
    await wait(100);
  }
}

/** Times and the license say nothing to the adapter and would change with each recording. */
function settle(text) {
  return text
    .replaceAll(/"(created_at|modified_at)":"[^"]*"/g, '"$1":"2026-01-02T03:04:05.678901234Z"')
    .replaceAll(/"((?:total|load|prompt_eval|eval)_duration)":\d+/g, '"$1":1000000')
    .replaceAll(/"id":"call_[a-z0-9]+"/g, '"id":"call_recorded"');
}

async function record(url, name, { path: route, body }) {
  const response = await fetch(url + route, { method: 'POST', body: JSON.stringify(body) });
  let text = settle(await response.text());
  if (route === '/api/show') {
    const { capabilities, details, model_info } = JSON.parse(text);
    const figures = Object.entries(model_info).filter(([key]) => !key.startsWith('tokenizer.'));
    text = JSON.stringify({
      capabilities,
      details: { family: details.family },
      model_info: Object.fromEntries(figures),
    });
  }
  if (route === '/api/embed' && response.ok) {
    const answer = JSON.parse(text);
    answer.embeddings = answer.embeddings.map((vector) => vector.slice(0, 4));
    text = JSON.stringify(answer);
  }
  fs.writeFileSync(path.join(FOLDER, `${name}.ndjson`), text.endsWith('\n') ? text : `${text}\n`);
  return { path: route, body, status: response.status };
}

async function main() {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'llm-agent-record-'));
  const program = await ollamaProgram(say);
  const weights = path.join(await ensureDemoModel(), 'smollm2.gguf');
  const host = `127.0.0.1:${await freePort()}`;
  const env = { ...process.env, HOME: home, OLLAMA_HOST: host, OLLAMA_MODELS: home, OLLAMA_NUM_PARALLEL: '1' };
  const server = spawn(program, ['serve'], { env, stdio: 'ignore' });
  try {
    await answering(`http://${host}`, server);
    for (const [name, more] of Object.entries(MODELS)) {
      const file = path.join(home, 'Modelfile');
      fs.writeFileSync(file, `FROM ${weights}\n${more}\n`);
      execFileSync(program, ['create', name, '-f', file], { env, stdio: 'ignore' });
    }
    fs.mkdirSync(FOLDER, { recursive: true });
    const calls = {};
    for (const [name, call] of Object.entries(CALLS)) {
      say(name);
      calls[name] = await record(`http://${host}`, name, call);
    }
    fs.writeFileSync(path.join(FOLDER, 'calls.json'), `${JSON.stringify(calls, null, 1)}\n`);
  } finally {
    server.kill();
    fs.rmSync(home, { recursive: true, force: true });
  }
  return 0;
}

await runMain(main);
