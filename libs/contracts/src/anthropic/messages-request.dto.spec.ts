import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../errors/api-error.js';
import { parseAnthropicCountRequest, parseAnthropicMessagesRequest } from './messages-request.dto.js';

const LEAST = { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] };
const TOOL = { name: 'add', input_schema: { type: 'object', properties: {} } };
const USE = { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'add', input: {} }] };
const PNG = { type: 'base64', media_type: 'image/png', data: 'aGk=' };

const parse = (fields: object): unknown =>
  parseAnthropicMessagesRequest(Buffer.from(JSON.stringify({ ...LEAST, ...fields })));

const user = (...blocks: readonly object[]): object => ({ messages: [{ role: 'user', content: blocks }] });
const assistant = (...blocks: readonly object[]): object => ({
  messages: [
    { role: 'assistant', content: blocks },
    { role: 'user', content: 'x' },
  ],
});
const result = (fields: object): object => ({
  messages: [USE, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', ...fields }] }],
});

describe('a request of the Anthropic API', () => {
  it.each<[string, object]>([
    ['nothing more', {}],
    [
      'nulls',
      {
        system: null,
        tools: null,
        tool_choice: null,
        stop_sequences: null,
        thinking: null,
        top_k: null,
        metadata: null,
      },
    ],
    ['a system of blocks', { system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }] }],
    ['an image', user({ type: 'image', source: PNG })],
    [
      'documents',
      user({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' }, title: 't' }),
    ],
    [
      'a document of blocks',
      user({ type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'x' }] } }),
    ],
    ['a result without content', result({})],
    [
      'a result of blocks',
      result({
        content: [
          { type: 'text', text: 'x' },
          { type: 'image', source: PNG },
        ],
        is_error: true,
      }),
    ],
    [
      'thoughts',
      assistant({ type: 'thinking', thinking: 'x', signature: 's' }, { type: 'redacted_thinking', data: 'x' }),
    ],
    ['a system message on the way', { messages: [{ role: 'system', content: 'x' }, ...LEAST.messages] }],
    ['tools', { tools: [{ ...TOOL, type: 'custom' }], tool_choice: { type: 'tool', name: 'add' } }],
    ['a budget', { max_tokens: 2000, thinking: { type: 'enabled', budget_tokens: 1024 } }],
    ['a form', { output_config: { effort: 'max', format: { type: 'json_schema', schema: {} } } }],
    ['what agents send and is without effect', { context_management: { edits: [] }, betas: ['x'], speed: 'fast' }],
    ['no MCP servers', { mcp_servers: [] }],
    ['bounds', { temperature: 1, top_p: 0, top_k: 0, stop_sequences: ['a', 'b', 'c', 'd'], service_tier: 'auto' }],
  ])('may have %s', (_, fields) => {
    expect(parse(fields)).toMatchObject(JSON.parse(JSON.stringify(fields)) as object);
  });

  it.each<[string, object]>([
    ['model', { model: undefined }],
    ['max_tokens', { max_tokens: undefined }],
    ['max_tokens', { max_tokens: 0 }],
    ['max_tokens', { max_tokens: 1.5 }],
    ['messages', { messages: [] }],
    ['messages[0].role', { messages: [{ role: 'tool', content: 'x' }] }],
    ['messages[0].content', { messages: [{ role: 'user' }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: [] }] }],
    ['messages', { messages: [...LEAST.messages, { role: 'assistant', content: 'The answer is' }] }],
    ['messages[0].content[0].text', user({ type: 'text' })],
    ['messages[0].content[0].type', user({ type: 'video' })],
    ['messages[0].content[0].type', user({ type: 'tool_use', id: 'x', name: 'y', input: {} })],
    ['messages[0].content[0].type', assistant({ type: 'server_tool_use', id: 'x', name: 'web_search', input: {} })],
    ['messages[0].content[0].source.type', user({ type: 'image', source: { type: 'url', url: 'https://x/y.png' } })],
    ['messages[0].content[0].source.media_type', user({ type: 'image', source: { ...PNG, media_type: 'image/tiff' } })],
    ['messages[0].content[0].source.data', user({ type: 'image', source: { ...PNG, data: '!' } })],
    [
      'messages[0].content[0].source.type',
      user({ type: 'document', source: { ...PNG, media_type: 'application/pdf' } }),
    ],
    [
      'messages[0].content[0].source.content[0].text',
      user({ type: 'document', source: { type: 'content', content: [{ type: 'text' }] } }),
    ],
    ['messages[0].content[0].input', assistant({ type: 'tool_use', id: 'x', name: 'y', input: 'z' })],
    ['messages[0].content[0].thinking', assistant({ type: 'thinking' })],
    ['messages[0].content[0].tool_use_id', user({ type: 'tool_result', tool_use_id: 'none' })],
    ['messages[1].content[0].content[0].type', result({ content: [{ type: 'tool_result' }] })],
    ['messages[1].content[0].is_error', result({ is_error: 'yes' })],
    ['system', { system: 7 }],
    ['system[0].type', { system: [{ type: 'image', source: PNG }] }],
    ['tools[0].type', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['tools[0].type', { tools: [{ type: 'bash_20250124', name: 'bash' }] }],
    ['tools[0].name', { tools: [{ ...TOOL, name: 'no spaces' }] }],
    ['tools[1].name', { tools: [TOOL, TOOL] }],
    ['tools[0].input_schema', { tools: [{ name: 'add' }] }],
    ['tools[0].input_schema.type', { tools: [{ name: 'add', input_schema: {} }] }],
    ['tool_choice.type', { tool_choice: { type: 'required' } }],
    ['tool_choice', { tool_choice: { type: 'any' } }],
    ['tool_choice.name', { tools: [TOOL], tool_choice: { type: 'tool', name: 'sub' } }],
    ['stop_sequences', { stop_sequences: 'x' }],
    ['stop_sequences', { stop_sequences: ['a', 'b', 'c', 'd', 'e'] }],
    ['stop_sequences[1]', { stop_sequences: ['a', ''] }],
    ['temperature', { temperature: 1.1 }],
    ['top_k', { top_k: -1 }],
    ['metadata.user_id', { metadata: { user_id: 7 } }],
    ['thinking.type', { thinking: { type: 'deep' } }],
    ['thinking.budget_tokens', { thinking: { type: 'enabled', budget_tokens: 100 } }],
    ['thinking.budget_tokens', { max_tokens: 1024, thinking: { type: 'enabled', budget_tokens: 1024 } }],
    ['output_config.effort', { output_config: { effort: 'most' } }],
    ['output_config.format.schema', { output_config: { format: { type: 'json_schema' } } }],
    ['output_format.type', { output_format: { type: 'text' } }],
    ['service_tier', { service_tier: 'flex' }],
    ['mcp_servers', { mcp_servers: [{ name: 'x' }] }],
    ['container', { container: 'x' }],
    ['thread', { thread: { type: 'create' } }],
  ])('is refused by the path %s: %j', (param, fields) => {
    let error: unknown;
    try {
      parse(fields);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 400, param });
    expect((error as ApiError).message.startsWith(param)).toBe(true);
  });

  it('says of a server tool that it does not run here', () => {
    expect(() => parse({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] })).toThrow(/do not run here/);
  });
});

describe('a request to count tokens', () => {
  it('needs no max_tokens, and may end with the model', () => {
    const { max_tokens: _, ...least } = LEAST;
    const body = { ...least, messages: [...LEAST.messages, { role: 'assistant', content: 'x' }] };
    expect(parseAnthropicCountRequest(Buffer.from(JSON.stringify(body)))).toEqual(body);
  });

  it('is checked like any other', () => {
    const body = { ...LEAST, tool_choice: { type: 'any' } };
    expect(() => parseAnthropicCountRequest(Buffer.from(JSON.stringify(body)))).toThrow(/^tool_choice /);
  });
});
