import { CHAT, CHAT_PATH } from './gateway.harness.js';

/** A body that must be refused with a 400, and the parameter that is to blame. */
export interface BadBody {
  readonly path: string;
  readonly title: string;
  /** Text and bytes are sent as they are, anything else as JSON. */
  readonly body: unknown;
  readonly param: string | null;
}

type Row = readonly [title: string, fields: object, param: string];

const USER = CHAT.messages[0];
const TOOL = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } } as const;
const CALL = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } } as const;
const CALLED = [USER, { role: 'assistant', content: null, tool_calls: [CALL] }] as const;
const FORMAT = { type: 'json_schema', json_schema: { name: 'a', schema: {} } } as const;

const message = (title: string, bad: unknown, param: string): Row => [
  title,
  { messages: [USER, bad] },
  `messages[1]${param}`,
];
const part = (title: string, bad: unknown, param: string): Row =>
  message(title, { role: 'user', content: [{ type: 'text', text: 'a' }, bad] }, `.content[1]${param}`);
const call = (title: string, bad: unknown, param: string): Row =>
  message(title, { role: 'assistant', tool_calls: [CALL, bad] }, `.tool_calls[1]${param}`);
const tool = (title: string, bad: unknown, param: string): Row => [title, { tools: [TOOL, bad] }, `tools[1]${param}`];
const definition = (title: string, bad: object, param: string): Row =>
  tool(title, { type: 'function', function: { name: 'g', ...bad } }, `.function.${param}`);
const choice = (title: string, bad: unknown, param: string): Row => [
  title,
  { tools: [TOOL], tool_choice: bad },
  `tool_choice${param}`,
];
const format = (title: string, bad: unknown, param: string): Row => [
  title,
  { response_format: bad },
  `response_format${param}`,
];
const schema = (title: string, bad: object, param: string): Row =>
  format(title, { type: 'json_schema', json_schema: { ...FORMAT.json_schema, ...bad } }, `.json_schema.${param}`);
const value = (name: string, bad: unknown, inside = ''): Row => [
  `${name} that is ${JSON.stringify(bad).slice(0, 40)}`,
  { [name]: bad },
  `${name}${inside}`,
];

const MESSAGES: readonly Row[] = [
  ['no messages', { messages: undefined }, 'messages'],
  ['messages that are null', { messages: null }, 'messages'],
  ['empty messages', { messages: [] }, 'messages'],
  ['messages that are a text', { messages: 'hi' }, 'messages'],
  ['messages that are an object', { messages: { 0: USER } }, 'messages'],
  message('a message that is null', null, ''),
  message('a message that is a text', 'hi', ''),
  message('a message that is a list', [], ''),
  message('no role', { content: 'a' }, '.role'),
  message('a role that is null', { role: null, content: 'a' }, '.role'),
  message('an unknown role', { role: 'bot', content: 'a' }, '.role'),
  message('a role in capitals', { role: 'User', content: 'a' }, '.role'),
  message('the role function', { role: 'function', name: 'f', content: 'a' }, '.role'),
  message('no content', { role: 'user' }, '.content'),
  message('content of null', { role: 'user', content: null }, '.content'),
  message('system content of null', { role: 'system', content: null }, '.content'),
  message('an answer of null that called nothing', { role: 'assistant', content: null }, '.content'),
  message('content that is a number', { role: 'user', content: 5 }, '.content'),
  message('content that is an object', { role: 'user', content: { text: 'a' } }, '.content'),
  message('content without parts', { role: 'user', content: [] }, '.content'),
  message('a name that is a number', { ...USER, name: 5 }, '.name'),
  message('a name that is too long', { ...USER, name: 'x'.repeat(257) }, '.name'),
  part('a part that is a text', 'a', ''),
  part('a part without a type', { text: 'a' }, '.type'),
  part('a text part without text', { type: 'text' }, '.text'),
  part('a text part of null', { type: 'text', text: null }, '.text'),
  part('sound', { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }, '.type'),
  part('a file', { type: 'file', file: { file_id: 'f' } }, '.type'),
  part('a video', { type: 'video_url', video_url: { url: 'data:,' } }, '.type'),
  part('a refusal of a user', { type: 'refusal', refusal: 'no' }, '.type'),
  part('an image without an object', { type: 'image_url' }, '.image_url'),
  part('an image that is a text', { type: 'image_url', image_url: 'data:image/png;base64,AAAA' }, '.image_url'),
  part('an image without a url', { type: 'image_url', image_url: {} }, '.image_url.url'),
  part('an image of the network', { type: 'image_url', image_url: { url: 'https://a.test/b.png' } }, '.image_url.url'),
  part('an image of the disk', { type: 'image_url', image_url: { url: 'file:///etc/passwd' } }, '.image_url.url'),
  part(
    'an image that is a page',
    { type: 'image_url', image_url: { url: 'data:text/html;base64,AAAA' } },
    '.image_url.url',
  ),
  part('an image without base64', { type: 'image_url', image_url: { url: 'data:image/png,abc' } }, '.image_url.url'),
  part(
    'an image with bad base64',
    { type: 'image_url', image_url: { url: 'data:image/png;base64,a b' } },
    '.image_url.url',
  ),
  part(
    'an unknown detail',
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'huge' } },
    '.image_url.detail',
  ),
  [
    'an image of the system',
    {
      messages: [
        { role: 'system', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
      ],
    },
    'messages[0].content[0].type',
  ],
];

const TOOLS: readonly Row[] = [
  message('calls that are no list', { role: 'assistant', tool_calls: CALL }, '.tool_calls'),
  message('no calls in the list', { role: 'assistant', tool_calls: [] }, '.tool_calls'),
  message(
    'the old form of a call',
    { role: 'assistant', content: 'a', function_call: { name: 'f' } },
    '.function_call',
  ),
  message('a spoken answer', { role: 'assistant', audio: { id: 'a' } }, '.audio'),
  message('a refusal that is a number', { role: 'assistant', refusal: 5 }, '.refusal'),
  message('thoughts that are a list', { role: 'assistant', content: 'a', reasoning_content: [] }, '.reasoning_content'),
  call('a call that is null', null, ''),
  call('a call without an id', { ...CALL, id: undefined }, '.id'),
  call('a call with an empty id', { ...CALL, id: '' }, '.id'),
  call('a call of another kind', { id: 'c', type: 'custom', custom: {} }, '.type'),
  call('a call without a function', { id: 'c', type: 'function' }, '.function'),
  call('a call without a name', { ...CALL, function: { arguments: '{}' } }, '.function.name'),
  call(
    'a call with arguments that are no text',
    { ...CALL, function: { name: 'f', arguments: {} } },
    '.function.arguments',
  ),
  message('a tool message without an id', { role: 'tool', content: 'a' }, '.tool_call_id'),
  message('a tool message that answers no call', { role: 'tool', content: 'a', tool_call_id: 'x' }, '.tool_call_id'),
  [
    'a tool message that answers another call',
    { messages: [...CALLED, { role: 'tool', content: 'a', tool_call_id: 'c2' }] },
    'messages[2].tool_call_id',
  ],
  [
    'a tool message of null',
    { messages: [...CALLED, { role: 'tool', tool_call_id: 'c1', content: null }] },
    'messages[2].content',
  ],
  ['tools that are an object', { tools: {} }, 'tools'],
  [
    '129 tools',
    { tools: Array.from({ length: 129 }, (_, index) => ({ ...TOOL, function: { name: `f${index}` } })) },
    'tools',
  ],
  tool('a tool that is a text', 'f', ''),
  tool('a tool without a type', { function: { name: 'g' } }, '.type'),
  tool('a custom tool', { type: 'custom', custom: { name: 'g' } }, '.type'),
  tool('a search of the web', { type: 'web_search' }, '.type'),
  tool('a tool without a function', { type: 'function' }, '.function'),
  tool('a tool with the name of another', TOOL, '.function.name'),
  definition('a tool without a name', { name: undefined }, 'name'),
  definition('a tool with a bad name', { name: 'get weather' }, 'name'),
  definition('a tool with a long name', { name: 'x'.repeat(65) }, 'name'),
  definition('a description that is a number', { description: 5 }, 'description'),
  definition('parameters that are a list', { parameters: [] }, 'parameters'),
  definition('parameters that are a text', { parameters: '{}' }, 'parameters'),
  definition('strict that is a text', { strict: 'yes' }, 'strict'),
  ['a required call without tools', { tool_choice: 'required' }, 'tool_choice'],
  [
    'a named call without tools',
    { tool_choice: { type: 'function', function: { name: 'f' } } },
    'tool_choice.function.name',
  ],
  choice('an unknown choice', 'any', ''),
  choice('a choice that is true', true, ''),
  choice('a choice of allowed tools', { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } }, '.type'),
  choice('a choice of a custom tool', { type: 'custom', custom: { name: 'f' } }, '.type'),
  choice('a choice without a function', { type: 'function' }, '.function.name'),
  choice('a choice of an unknown tool', { type: 'function', function: { name: 'h' } }, '.function.name'),
  value('parallel_tool_calls', 'yes'),
];

const FORMATS: readonly Row[] = [
  format('a format that is a text', 'json', ''),
  format('a format without a type', {}, '.type'),
  format('an unknown format', { type: 'grammar' }, '.type'),
  format('no schema', { type: 'json_schema' }, '.json_schema'),
  schema('a schema without a name', { name: undefined }, 'name'),
  schema('a schema with a bad name', { name: 'a b' }, 'name'),
  schema('a schema that is null', { schema: null }, 'schema'),
  schema('a schema that is a list', { schema: [] }, 'schema'),
  schema('a schema that is true', { schema: true }, 'schema'),
  schema('strict that is a number', { strict: 1 }, 'strict'),
  schema('a description that is a list', { description: [] }, 'description'),
];

const UNSUPPORTED: readonly Row[] = [
  value('audio', { voice: 'alloy', format: 'wav' }),
  value('modalities', ['text', 'audio']),
  value('prediction', { type: 'content', content: 'a' }),
  value('web_search_options', {}),
  value('moderation', { model: 'm' }),
  value('functions', [{ name: 'f' }]),
  value('function_call', { name: 'f' }),
  value('store', true),
  value('verbosity', 'low'),
  value('service_tier', 'priority'),
];

const OTHERS: readonly Row[] = [
  ['likely tokens without logprobs', { top_logprobs: 5 }, 'top_logprobs'],
  ['likely tokens with logprobs off', { top_logprobs: 5, logprobs: false }, 'top_logprobs'],
  ['21 likely tokens', { top_logprobs: 21, logprobs: true }, 'top_logprobs'],
  value('logprobs', 5),
  value('max_completion_tokens', 0),
  value('reasoning_effort', 'extreme'),
  value('reasoning_effort', 5),
  value('metadata', 'a'),
  value('metadata', { a: 5 }, '.a'),
  value('metadata', Object.fromEntries(Array.from({ length: 17 }, (_, index) => [index, 'a']))),
  value('metadata', { ['x'.repeat(65)]: 'a' }),
  value('chat_template_kwargs', []),
];

/** Bad chats, one fault each. */
export const BAD_CHATS: readonly BadBody[] = [...MESSAGES, ...TOOLS, ...FORMATS, ...UNSUPPORTED, ...OTHERS].map(
  ([title, fields, param]) => ({ path: CHAT_PATH, title, body: { ...CHAT, ...fields }, param }),
);
