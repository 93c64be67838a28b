import type { BadBody } from './bad-chats.cases.js';
import { CHAT, CHAT_PATH } from './gateway.harness.js';

const ROUTES = [
  { path: CHAT_PATH, good: CHAT },
  { path: '/v1/completions', good: { model: 'gemma3', prompt: 'a' } },
  { path: '/v1/embeddings', good: { model: 'gemma3', input: 'a' } },
] as const;
const [CHATS, COMPLETIONS, EMBEDDINGS] = ROUTES;

type Row = readonly [name: string, bad: unknown, inside?: string];

const GENERATION: readonly Row[] = [
  ['max_tokens', 0],
  ['max_tokens', -1],
  ['max_tokens', 1.5],
  ['max_tokens', '10'],
  ['max_tokens', 2 ** 31],
  ['max_tokens', []],
  ['temperature', -0.1],
  ['temperature', 2.1],
  ['temperature', 'hot'],
  ['temperature', true],
  ['top_p', 1.01],
  ['top_p', -1],
  ['n', 0],
  ['n', 129],
  ['n', 1.5],
  ['seed', 1.5],
  ['seed', '1'],
  ['seed', 2 ** 32],
  ['stop', ''],
  ['stop', 5],
  ['stop', ['a', 'b', 'c', 'd', 'e']],
  ['stop', ['a', ''], '[1]'],
  ['stop', [null], '[0]'],
  ['presence_penalty', 2.5],
  ['presence_penalty', '1'],
  ['frequency_penalty', -3],
  ['logit_bias', []],
  ['logit_bias', { hello: 1 }, '.hello'],
  ['logit_bias', { 5: 101 }, '.5'],
  ['logit_bias', { 5: '1' }, '.5'],
  ['stream', 'true'],
  ['stream', 1],
  ['stream_options', { include_usage: true }],
  ['stream_options', []],
  ['stream_options', { include_usage: 1 }, '.include_usage'],
  ['user', 5],
  ['user', 'x'.repeat(513)],
  ['top_k', -2],
  ['top_k', 1.5],
  ['min_p', 2],
  ['repeat_penalty', 0],
  ['repetition_penalty', 'a'],
  ['options', 'a'],
  ['options', { num_ctx: 0 }, '.num_ctx'],
  ['options', { temperature: 'a' }, '.temperature'],
  ['options', { stop: [5] }, '.stop[0]'],
  ['keep_alive', 'for ever'],
  ['keep_alive', { minutes: 5 }],
  ['keep_alive', `${'1'.repeat(5000)}x`],
];

const MODELS: readonly unknown[] = ['', 5, [], {}, true, 'x'.repeat(257)];

const PROMPTS: readonly Row[] = [
  ['prompt', undefined],
  ['prompt', null],
  ['prompt', ''],
  ['prompt', []],
  ['prompt', 5],
  ['prompt', { text: 'a' }],
  ['prompt', ['a', ''], '[1]'],
  ['prompt', ['a', 5], '[1]'],
  ['prompt', [1, 'a'], '[1]'],
  ['prompt', [1, -1], '[1]'],
  ['prompt', [1, 1.5], '[1]'],
  ['prompt', [2 ** 31], '[0]'],
  ['prompt', [[1], []], '[1]'],
  ['prompt', [[1], 'a'], '[1]'],
  ['prompt', Array(2049).fill('a')],
  ['suffix', 5],
  ['echo', 'yes'],
  ['logprobs', true],
  ['logprobs', 6],
  ['best_of', 0],
  ['best_of', 2],
  ['best_of', 21],
];

const INPUTS: readonly Row[] = [
  ['input', undefined],
  ['input', null],
  ['input', ''],
  ['input', []],
  ['input', 5],
  ['input', { text: 'a' }],
  ['input', ['a', ''], '[1]'],
  ['input', [null], '[0]'],
  ['input', [['a']], '[0][0]'],
  ['input', [[1], [-1]], '[1][0]'],
  ['input', Array(2049).fill('a')],
  ['encoding_format', 'int8'],
  ['encoding_format', 5],
  ['dimensions', 0],
  ['dimensions', 1.5],
  ['dimensions', '64'],
  ['dimensions', 65_537],
  ['user', []],
];

/** JSON texts that must not pass whatever the route is. `@` stands for a good body without its last brace. */
const TEXTS: readonly (readonly [title: string, text: string | Buffer, param: string | null])[] = [
  ['an empty body', '', null],
  ['a body of spaces', ' \n', null],
  ['half a body', '@', null],
  ['a list', '[]', null],
  ['null', 'null', null],
  ['a text', '"hi"', null],
  ['NaN', '@,"user":NaN}', 'user'],
  ['infinity', '@,"user":-Infinity}', 'user'],
  ['a number beyond all bounds', '@,"x":[1e999]}', 'x[0]'],
  ['a name twice', '@,"model":"b"}', 'model'],
  ['a name twice in disguise', '@,"mod\\u0065l":"b"}', 'model'],
  ['a name twice deep inside', '@,"x":[{"y":{"a":1,"a":2}}]}', 'x[0].y.a'],
  ['half a character', '@,"user":"a\\ud83d"}', 'user'],
  ['half a character in a name', '@,"x":{"\\udc00":1}}', 'x["\\udc00"]'],
  ['NUL', '@,"user":"a\\u0000b"}', 'user'],
  ['NUL in a name', '@,"x":{"a\\u0000":1}}', 'x["a\\u0000"]'],
  ['a raw NUL', '@,"user":"a\0b"}', 'user'],
  ['65 levels', `@,"x":${'['.repeat(64)}${']'.repeat(64)}}`, 'x'],
  ['10,000 levels', `@,"x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 'x'],
  ['10,000 levels of objects', '{"x":'.repeat(10_000), 'x'],
  ['a forged prototype', '@,"__proto__":{"model":"b"}}', '__proto__'],
  ['a forged prototype inside', '@,"x":{"__proto__":1}}', 'x.__proto__'],
  ['a forged constructor', '@,"constructor":{"prototype":{}}}', 'constructor'],
  ['something after the body', '@} x', null],
  ['a comma too many', '@,}', null],
  ['a byte order mark', '\ufeff@}', null],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]), null],
  ['half a character in UTF-8', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d]), null],
  ['UTF-16', Buffer.from('\ufeff{}', 'utf16le'), null],
];

function rows({ path, good }: (typeof ROUTES)[number], bad: readonly Row[]): BadBody[] {
  return bad.map(([name, value, inside = '']) => ({
    path,
    title: `${name} that is ${value === undefined ? 'missing' : JSON.stringify(value).slice(0, 40)}`,
    body: { ...good, [name]: value },
    param: `${name}${inside}`,
  }));
}

function texts({ path, good }: (typeof ROUTES)[number]): BadBody[] {
  const open = JSON.stringify(good).slice(0, -1);
  return TEXTS.map(([title, text, param]) => ({
    path,
    title,
    body: typeof text === 'string' ? text.replace('@', () => open) : text,
    param,
  }));
}

/** Bad completions and embeddings, bad parameters that all share, and texts that are no good JSON on any route. */
export const BAD_TEXTS: readonly BadBody[] = [
  ...[CHATS, COMPLETIONS].flatMap((route) => rows(route, GENERATION)),
  ...ROUTES.flatMap((route) =>
    rows(
      route,
      MODELS.map((model): Row => ['model', model]),
    ),
  ),
  ...[CHATS, COMPLETIONS].flatMap((route) =>
    rows(route, [
      ['model', undefined],
      ['model', null],
    ]),
  ),
  ...rows(COMPLETIONS, PROMPTS),
  ...rows(EMBEDDINGS, INPUTS),
  {
    path: COMPLETIONS.path,
    title: 'an echo with logprobs',
    body: { ...COMPLETIONS.good, echo: true, logprobs: 1 },
    param: 'echo',
  },
  {
    path: COMPLETIONS.path,
    title: 'too many answers in all',
    body: { ...COMPLETIONS.good, prompt: Array(20).fill('a'), n: 128 },
    param: 'n',
  },
  ...ROUTES.flatMap(texts),
];
