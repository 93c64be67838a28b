/**
 * A scripted Ollama that answers at once, so that what is measured in front of it is the gateway. Every answer has 64
 * pieces; a model whose name ends in `-slow` waits 10 ms before each piece of a stream.
 * Usage: node upstream.mjs PORT. It also answers OpenAI's chat path, for gateways without an Ollama side.
 */
import http from 'node:http';

const PIECES = Array.from({ length: 64 }, (_, index) => `w${String(index).padStart(2, '0')} `);
const TEXT = PIECES.join('');
const COUNTS = { prompt_eval_count: 20, eval_count: PIECES.length, total_duration: 1e6, eval_duration: 1e6 };
const details = {
  format: 'gguf',
  family: 'llama',
  families: ['llama'],
  parameter_size: '1B',
  quantization_level: 'Q4_K_M',
};
const listed = ['bench', 'bench-slow'].map((name, index) => ({
  name: `${name}:latest`,
  model: `${name}:latest`,
  modified_at: '2026-01-01T00:00:00Z',
  size: 1e6,
  digest: String(index).padStart(64, '0'),
  details,
}));

const FIXED = {
  '/api/version': { version: '0.24.0' },
  '/api/tags': { models: listed },
  '/api/ps': { models: listed },
  '/api/show': {
    details,
    model_info: { 'general.architecture': 'llama', 'llama.context_length': 8192 },
    capabilities: ['completion'],
  },
  '/api/embed': { model: 'bench', embeddings: [] },
  '/api/generate': { model: 'bench', response: '', done: true, done_reason: 'unload' },
};

const ollama = {
  type: 'application/x-ndjson',
  whole: (model) => ({
    model,
    message: { role: 'assistant', content: TEXT },
    done: true,
    done_reason: 'stop',
    ...COUNTS,
  }),
  piece: (model, text) => `${JSON.stringify({ model, message: { role: 'assistant', content: text }, done: false })}\n`,
  end: (model) =>
    `${JSON.stringify({ model, message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop', ...COUNTS })}\n`,
};
const openai = {
  type: 'text/event-stream',
  whole: (model) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content: TEXT }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 20, completion_tokens: 64, total_tokens: 84 },
  }),
  piece: (model, text) => `data: ${JSON.stringify(chunk(model, { content: text }, null))}\n\n`,
  end: (model) => `data: ${JSON.stringify(chunk(model, {}, 'stop'))}\n\ndata: [DONE]\n\n`,
};

function chunk(model, delta, reason) {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model,
    choices: [{ index: 0, delta, finish_reason: reason }],
  };
}

function sendJson(res, value) {
  const body = JSON.stringify(value);
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  res.end(body);
}

async function stream(res, dialect, model) {
  res.writeHead(200, { 'content-type': dialect.type });
  const slow = model.endsWith('-slow');
  for (const text of PIECES) {
    await (slow ? new Promise((resolve) => setTimeout(resolve, 10)) : new Promise((resolve) => setImmediate(resolve)));
    if (res.destroyed) return;
    res.write(dialect.piece(model, text));
  }
  res.end(dialect.end(model));
}

function answer(req, res, body) {
  const fixed = FIXED[req.url];
  if (fixed) return sendJson(res, fixed);
  const dialect = req.url === '/api/chat' ? ollama : openai;
  const { model, stream: streamed = false } = JSON.parse(body);
  return streamed ? stream(res, dialect, model) : sendJson(res, dialect.whole(model));
}

http
  .createServer((req, res) => {
    let body = '';
    req.on('data', (data) => (body += data));
    req.on('end', () => answer(req, res, body));
  })
  .listen(Number(process.argv[2]), '127.0.0.1');
