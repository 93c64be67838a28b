/** A body, and the statuses that its answer may have. */
export interface BodyCase {
  readonly title: string;
  readonly path: string;
  readonly body: string;
  readonly statuses: readonly number[];
}

const SAID = '"messages":[{"role":"user","content":"hi"}]';

/** The least body of each route that takes one, without its closing bracket. */
const LEAST: Readonly<Record<string, string>> = {
  '/v1/chat/completions': `{"model":"gemma3",${SAID}`,
  '/v1/completions': '{"model":"gemma3","prompt":"hi"',
  '/v1/embeddings': '{"model":"gemma3","input":"hi"',
  '/v1/responses': '{"model":"gemma3","input":"hi","store":false',
  '/v1/messages': `{"model":"gemma3","max_tokens":5,${SAID}`,
  '/v1/messages/count_tokens': `{"model":"gemma3",${SAID}`,
  '/api/chat': `{"model":"gemma3","stream":false,${SAID}`,
  '/api/generate': '{"model":"gemma3","stream":false,"prompt":"hi"',
  '/api/embed': '{"model":"gemma3","input":"hi"',
  '/api/show': '{"model":"gemma3"',
  '/chat': `{"model":"gemma3",${SAID}`,
  '/mcp': '{"jsonrpc":"2.0","id":1,"method":"ping"',
  '/mcp/tools/chat': '{"message":"hi"',
  '/admin/keys': '{"name":"x"',
};

/** Ways to the prototype of all objects: at the top, and inside of what is kept although nobody knows it. */
const POISON: readonly (readonly [string, string, readonly number[]])[] = [
  ['__proto__ at the top', '"__proto__":{"polluted":1}', [400]],
  ['__proto__ in disguise', '"\\u005f_proto__":{"polluted":1}', [400]],
  ['__proto__ inside of an unknown field', '"metadata":{"a":[{"__proto__":{"polluted":1}}]}', [400]],
  ['constructor.prototype at the top', '"constructor":{"prototype":{"polluted":1}}', [200, 400]],
  [
    'constructor.prototype inside of metadata',
    '"metadata":{"constructor":{"prototype":{"polluted":1}}}',
    [200, 400, 503],
  ],
];

const POLLUTION = Object.entries(LEAST).flatMap(([path, least]) =>
  POISON.map(([title, text, statuses]): BodyCase => ({ title, path, body: `${least},${text}}`, statuses })),
);

const repeated = (text: string, count: number): string => Array<string>(count).fill(text).join(',');
const CHAT = '/v1/chat/completions';

const oversized = (title: string, body: string, ...statuses: number[]): BodyCase => ({
  title,
  path: CHAT,
  body,
  statuses,
});

/** Bodies that fit into the limit of a mebibyte and would take much more than that to carry out. */
const OVERSIZED: readonly BodyCase[] = [
  oversized('100,000 open brackets', '['.repeat(100_000), 400),
  oversized('100,000 open objects', '{"a":'.repeat(100_000), 400),
  oversized('a mebibyte of spaces', ' '.repeat(2 ** 20), 400),
  oversized('a number of 500,000 digits', `{"model":"gemma3",${SAID},"seed":${'9'.repeat(500_000)}}`, 400),
  oversized('a name of 500,000 letters', `{"model":"gemma3",${SAID},"${'x'.repeat(500_000)}":1}`, 200, 400),
  oversized(
    '50,000 unknown fields',
    `{"model":"gemma3",${SAID},${Array.from({ length: 50_000 }, (_, at) => `"x${at}":1`).join(',')}}`,
    200,
    400,
  ),
  oversized('the same field 50,000 times', `{"model":"gemma3",${SAID},${repeated('"x":1', 50_000)}}`, 400),
  oversized(
    '20,000 messages',
    `{"model":"gemma3","messages":[${repeated('{"role":"user","content":"x"}', 20_000)}]}`,
    200,
    400,
    413,
  ),
  oversized(
    '20,000 parts of a message',
    `{"model":"gemma3","messages":[{"role":"user","content":[${repeated('{"type":"text","text":"x"}', 20_000)}]}]}`,
    200,
    400,
    413,
  ),
  oversized(
    '5,000 tools',
    `{"model":"gemma3",${SAID},"tools":[${repeated('{"type":"function","function":{"name":"f"}}', 5000)}]}`,
    200,
    400,
  ),
  oversized(
    '50,000 biases',
    `{"model":"gemma3",${SAID},"logit_bias":{${Array.from({ length: 50_000 }, (_, at) => `"${at}":1`).join(',')}}}`,
    200,
    400,
  ),
  oversized('100,000 stop texts', `{"model":"gemma3",${SAID},"stop":[${repeated('"x"', 100_000)}]}`, 400),
  oversized('a billion choices', `{"model":"gemma3",${SAID},"n":1000000000}`, 400),
  oversized('an answer without end', `{"model":"gemma3",${SAID},"max_tokens":9007199254740991}`, 200, 400),
  oversized('a model name of 900,000 letters', `{"model":"${'x'.repeat(900_000)}",${SAID}}`, 400, 404),
  oversized(
    'a schema that is its own part',
    `{"model":"gemma3",${SAID},"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"$ref":"#"}}}}`,
    200,
    400,
  ),
  oversized(
    'a schema from the network',
    `{"model":"gemma3",${SAID},"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"$ref":"http://TRAP/schema"}}}}`,
    200,
    400,
  ),
  oversized(
    'a pattern that never ends',
    `{"model":"gemma3",${SAID},"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"string","pattern":"^(a+)+$"}}}}`,
    200,
    400,
  ),
  oversized(
    'half a mebibyte of escapes',
    `{"model":"gemma3","messages":[{"role":"user","content":"${'\\u0041'.repeat(90_000)}"}]}`,
    200,
  ),
  oversized(
    'half a mebibyte of marks on one letter',
    `{"model":"gemma3","messages":[{"role":"user","content":"a${'\u0301'.repeat(250_000)}"}]}`,
    200,
  ),
  oversized(
    'half a mebibyte of one word',
    `{"model":"gemma3","messages":[{"role":"user","content":"${'a'.repeat(500_000)}"}]}`,
    200,
  ),
];

/** An image that would have to be fetched from the network; TRAP is where nobody may come. */
const IMAGE = 'http://TRAP/image.png';
const withImage = (path: string, body: object, title = 'an image from the network'): BodyCase => ({
  title,
  path,
  body: JSON.stringify(body),
  statuses: [400],
});
const inChat = (part: object, model = 'gemma3'): object => ({ model, messages: [{ role: 'user', content: [part] }] });
const openaiUrl = (url: string): BodyCase =>
  withImage(CHAT, inChat({ type: 'image_url', image_url: { url } }), `an image at ${url.slice(0, 40)}`);
const anthropic = (part: object): object => ({ ...inChat(part), max_tokens: 5 });
const responses = (part: object): object => ({
  model: 'gemma3',
  store: false,
  input: [{ role: 'user', content: [part] }],
});

const IMAGES: readonly BodyCase[] = [
  ...[
    IMAGE,
    'https://TRAP/image.png',
    'file:///etc/passwd',
    'gopher://TRAP/x',
    'HTTP://TRAP/',
    ' http://TRAP/',
    '//TRAP/x',
  ].map(openaiUrl),
  openaiUrl('data:text/html;base64,aHR0cDovL1RSQVA='),
  openaiUrl('data:image/svg+xml;base64,PHN2Zy8+'),
  withImage(CHAT, inChat({ type: 'image_url', image_url: IMAGE }), 'an image as a text'),
  withImage(CHAT, inChat({ type: 'file', file: { file_id: IMAGE } }), 'a file'),
  withImage(CHAT, inChat({ type: 'input_audio', input_audio: { data: IMAGE, format: 'wav' } }), 'a sound'),
  withImage('/v1/messages', anthropic({ type: 'image', source: { type: 'url', url: IMAGE } })),
  withImage(
    '/v1/messages',
    anthropic({ type: 'document', source: { type: 'url', url: IMAGE } }),
    'a document from the network',
  ),
  withImage('/v1/messages/count_tokens', inChat({ type: 'image', source: { type: 'url', url: IMAGE } })),
  withImage('/v1/responses', responses({ type: 'input_image', image_url: IMAGE })),
  withImage('/v1/responses', responses({ type: 'input_file', file_url: IMAGE }), 'a file from the network'),
  withImage('/api/chat', { model: 'gemma3', messages: [{ role: 'user', content: 'x', images: [IMAGE] }] }),
  withImage('/api/generate', { model: 'gemma3', prompt: 'x', images: [IMAGE] }),
  withImage('/chat', inChat({ type: 'image_url', image_url: { url: IMAGE } })),
  withImage('/mcp/tools/chat', { messages: inChat({ type: 'image_url', image_url: { url: IMAGE } }) }),
  withImage('/mcp/tools/extract', { text: 'x', schema: { $ref: 'http://TRAP/schema' } }, 'a schema from the network'),
];

/** What would forge a line of the log, or command a terminal that shows it. */
const FORGED = JSON.stringify(
  'x\n{"level":"fatal","msg":"forged"}\r\u001b]0;x\u0007\u009b2J\u2028\u202e\u0085\ufeffforged',
);

const INJECTIONS = Object.entries(LEAST).flatMap(([path, least]) => [
  {
    title: 'a model that forges lines',
    path,
    body: least.replace(/"(?:gemma3|ping|hi|x)"/, FORGED) + '}',
    statuses: [200, 400, 404, 503],
  },
  {
    title: 'a field that forges lines',
    path,
    body: `${least},${FORGED}:${FORGED},"temperature":${FORGED}}`,
    statuses: [200, 400, 404, 503],
  },
]);

/** Bodies that are meant to do harm. In each, TRAP stands for an address that must not be asked. */
export const HOSTILE_BODIES: readonly BodyCase[] = [...POLLUTION, ...OVERSIZED, ...IMAGES, ...INJECTIONS];
