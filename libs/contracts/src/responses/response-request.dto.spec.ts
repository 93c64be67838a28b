import { describe, expect, it } from '@jest/globals';
import { ApiError } from '../errors/api-error.js';
import { parseResponseRequest } from './response-request.dto.js';

const GOOD = { model: 'm', input: 'hi' };
const CALL = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' };
const TOOL = { type: 'function', name: 'f', parameters: { type: 'object' }, strict: true };
const IMAGE = { type: 'input_image', image_url: 'data:image/png;base64,AAAA' };

function parse(body: unknown): ReturnType<typeof parseResponseRequest> {
  return parseResponseRequest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
}

function refusal(body: unknown): ApiError {
  try {
    parse(body);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const user = (...content: unknown[]): object => ({ input: [{ role: 'user', content }] });
const items = (...input: unknown[]): object => ({ input });

describe('a response request', () => {
  it.each<[string, object]>([
    ['the least there is', {}],
    [
      'every parameter',
      {
        instructions: 'be short',
        previous_response_id: 'resp_1',
        store: false,
        max_output_tokens: 5,
        tools: [TOOL],
        tool_choice: { type: 'function', name: 'f' },
        parallel_tool_calls: false,
        text: { format: { type: 'json_schema', name: 'n', schema: {}, strict: true }, verbosity: 'medium' },
        reasoning: { effort: 'low', summary: 'auto' },
        top_logprobs: 2,
        include: ['message.output_text.logprobs'],
        metadata: { a: 'b' },
        user: 'u',
        safety_identifier: 's',
        prompt_cache_key: 'k',
        temperature: 0,
        top_p: 1,
        stream: true,
        stream_options: { include_obfuscation: true },
      },
    ],
    [
      'null as not set',
      { instructions: null, tools: null, tool_choice: null, text: null, reasoning: null, include: null, store: null },
    ],
    [
      'what happens anyway',
      { background: false, truncation: 'disabled', service_tier: 'auto', n: 1, conversation: null, logprobs: false },
    ],
    ['what runtimes know', { top_k: 5, min_p: 0.1, options: { num_ctx: 4096 }, stop: ['a'], seed: 1 }],
    ['unknown fields', { another: [1] }],
    ['a search that is offered beside a function', { tools: [TOOL, { type: 'web_search' }] }],
    ['an output that is an image', items(CALL, { type: 'function_call_output', call_id: 'c', output: [IMAGE] })],
    ['a message with a text', items({ role: 'developer', content: 'x' })],
    ['text and image parts', user({ type: 'input_text', text: 'x' }, IMAGE)],
    [
      'an answer that is sent back',
      items(
        { role: 'user', content: 'x' },
        { id: 'rs_1', type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'hm' }] },
        {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [
            { type: 'output_text', text: 'y', annotations: [] },
            { type: 'refusal', refusal: 'no' },
          ],
        },
        CALL,
        { type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_text', text: '4' }] },
      ),
    ],
    ['references', items({ type: 'item_reference', id: 'msg_1' }, { id: 'msg_2' })],
    [
      'some of the tools',
      { tools: [TOOL], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] } },
    ],
  ])('accepts %s', (_, fields) => {
    const body = { ...GOOD, ...fields };
    expect({ ...parse(body) }).toEqual(body);
  });

  it.each<[string, object, string]>([
    ['no model', { model: undefined }, 'model'],
    ['an empty model', { model: '' }, 'model'],
    ['no input', { input: undefined }, 'input'],
    ['an empty text', { input: '' }, 'input'],
    ['no items', { input: [] }, 'input'],
    ['input that is a number', { input: 5 }, 'input'],
    ['an item that is null', items(null), 'input[0]'],
    ['an item without anything', items({}), 'input[0].role'],
    ['an unknown role', items({ role: 'tool', content: 'x' }), 'input[0].role'],
    ['an unknown item', items({ type: 'web_search_call', id: 'x' }), 'input[0].type'],
    ['content that is a number', items({ role: 'user', content: 3 }), 'input[0].content'],
    ['no parts', user(), 'input[0].content'],
    ['a part of a chat', user({ type: 'text', text: 'x' }), 'input[0].content[0].type'],
    [
      'a file',
      user({ type: 'input_text', text: 'x' }, { type: 'input_file', file_id: 'f' }),
      'input[0].content[1].type',
    ],
    ['audio', user({ type: 'input_audio', input_audio: {} }), 'input[0].content[0].type'],
    ['a part without text', user({ type: 'input_text' }), 'input[0].content[0].text'],
    ['a part named like a method', user({ type: 'toString' }), 'input[0].content[0].type'],
    ['an image of the network', user({ ...IMAGE, image_url: 'https://x/y.png' }), 'input[0].content[0].image_url'],
    ['an image without an address', user({ type: 'input_image' }), 'input[0].content[0].image_url'],
    ['an image that is a file', user({ type: 'input_image', file_id: 'f' }), 'input[0].content[0].file_id'],
    ['an unknown detail', user({ ...IMAGE, detail: 'most' }), 'input[0].content[0].detail'],
    ['an image of the system', items({ role: 'system', content: [IMAGE] }), 'input[0].content[0].type'],
    [
      'an answer with the parts of a question',
      items({ role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }),
      'input[0].content[0].type',
    ],
    ['a call without an id', items({ ...CALL, call_id: undefined }), 'input[0].call_id'],
    ['a call without a name', items({ ...CALL, name: '' }), 'input[0].name'],
    ['arguments that are an object', items({ ...CALL, arguments: {} }), 'input[0].arguments'],
    ['an output without a call', items({ type: 'function_call_output', output: 'x' }), 'input[0].call_id'],
    ['an output without a value', items({ type: 'function_call_output', call_id: 'c' }), 'input[0].output'],
    [
      'an output that is a file',
      items({ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_file', file_id: 'f' }] }),
      'input[0].output[0].type',
    ],
    ['an unknown status', items({ ...CALL, status: 'done' }), 'input[0].status'],
    ['an id that is a number', items({ ...CALL, id: 5 }), 'input[0].id'],
    [
      'thoughts of another kind',
      items({ type: 'reasoning', id: 'r', content: [{ type: 'text', text: 'x' }] }),
      'input[0].content[0].type',
    ],
    [
      'sealed thoughts of another server',
      items({ type: 'reasoning', id: 'r', summary: [], encrypted_content: 'abc' }),
      'input[0].encrypted_content',
    ],
    ['a reference to nothing', items({ type: 'item_reference' }), 'input[0].id'],
    ['instructions that are a list', { instructions: ['x'] }, 'instructions'],
    ['a previous id that is a number', { previous_response_id: 1 }, 'previous_response_id'],
    ['store as text', { store: 'yes' }, 'store'],
    ['max_output_tokens 0', { max_output_tokens: 0 }, 'max_output_tokens'],
    ['max_output_tokens 1.5', { max_output_tokens: 1.5 }, 'max_output_tokens'],
    ['temperature 2.1', { temperature: 2.1 }, 'temperature'],
    ['top_p as text', { top_p: '1' }, 'top_p'],
    ['tools that are an object', { tools: {} }, 'tools'],
    ['a tool that is null', { tools: [null] }, 'tools[0]'],
    ['a search alone', { tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    ['a search of files', { tools: [TOOL, { type: 'file_search' }] }, 'tools[1].type'],
    ['a computer', { tools: [{ type: 'computer_use_preview' }] }, 'tools[0].type'],
    ['an MCP server', { tools: [{ type: 'mcp', server_label: 'x' }] }, 'tools[0].type'],
    ['a tool of a chat', { tools: [{ type: 'function', function: { name: 'f' } }] }, 'tools[0].function'],
    ['a tool without a name', { tools: [{ type: 'function' }] }, 'tools[0].name'],
    ['a tool with a strange name', { tools: [{ ...TOOL, name: 'a b' }] }, 'tools[0].name'],
    ['a tool twice', { tools: [TOOL, TOOL] }, 'tools[1].name'],
    ['parameters that are a text', { tools: [{ ...TOOL, parameters: 'x' }] }, 'tools[0].parameters'],
    ['strict as text', { tools: [{ ...TOOL, strict: 'x' }] }, 'tools[0].strict'],
    ['an unknown choice', { tool_choice: 'any' }, 'tool_choice'],
    ['a choice of a built-in tool', { tool_choice: { type: 'file_search' } }, 'tool_choice.type'],
    ['a choice without a name', { tools: [TOOL], tool_choice: { type: 'function' } }, 'tool_choice.name'],
    ['a choice of another tool', { tools: [TOOL], tool_choice: { type: 'function', name: 'g' } }, 'tool_choice.name'],
    ['a required call of nothing', { tool_choice: 'required' }, 'tool_choice'],
    ['allowed tools without a mode', { tool_choice: { type: 'allowed_tools', tools: [] } }, 'tool_choice.mode'],
    ['no allowed tools', { tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [] } }, 'tool_choice.tools'],
    [
      'an allowed tool that is not there',
      { tools: [TOOL], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'g' }] } },
      'tool_choice.tools[0].name',
    ],
    ['text as text', { text: 'json' }, 'text'],
    ['an unknown format', { text: { format: { type: 'xml' } } }, 'text.format.type'],
    ['a format without a name', { text: { format: { type: 'json_schema', schema: {} } } }, 'text.format.name'],
    ['a format without a schema', { text: { format: { type: 'json_schema', name: 'x' } } }, 'text.format.schema'],
    ['low verbosity', { text: { verbosity: 'low' } }, 'text.verbosity'],
    ['reasoning as text', { reasoning: 'low' }, 'reasoning'],
    ['an unknown effort', { reasoning: { effort: 'huge' } }, 'reasoning.effort'],
    ['a short summary', { reasoning: { summary: 'concise' } }, 'reasoning.summary'],
    ['top_logprobs without include', { top_logprobs: 3 }, 'top_logprobs'],
    ['21 top_logprobs', { top_logprobs: 21 }, 'top_logprobs'],
    ['search results', { include: ['file_search_call.results'] }, 'include[0]'],
    ['include as text', { include: 'x' }, 'include'],
    ['metadata that is a list', { metadata: [] }, 'metadata'],
    ['metadata with a number', { metadata: { a: 1 } }, 'metadata.a'],
    ['stream as text', { stream: 'yes' }, 'stream'],
    ['obfuscation as text', { stream_options: { include_obfuscation: 'x' } }, 'stream_options.include_obfuscation'],
    ['a long cache key', { prompt_cache_key: 'x'.repeat(65) }, 'prompt_cache_key'],
    ['an answer in the background', { background: true }, 'background'],
    ['a conversation', { conversation: 'conv_1' }, 'conversation'],
    ['a stored prompt', { prompt: { id: 'p' } }, 'prompt'],
    ['truncation', { truncation: 'auto' }, 'truncation'],
    ['a limit of built-in calls', { max_tool_calls: 3 }, 'max_tool_calls'],
    ['compaction', { context_management: [{ type: 'compaction' }] }, 'context_management'],
    ['another service tier', { service_tier: 'flex' }, 'service_tier'],
    ['two answers', { n: 2 }, 'n'],
    ['messages', { messages: [], max_tokens: 5 }, 'max_tokens'],
    ['the limit of a chat', { max_completion_tokens: 5 }, 'max_completion_tokens'],
    ['the format of a chat', { response_format: { type: 'text' } }, 'response_format'],
    ['the effort of a chat', { reasoning_effort: 'low' }, 'reasoning_effort'],
    ['unreadable options', { options: [] }, 'options'],
  ])('refuses %s and names the parameter', (_, fields, param) => {
    const error = refusal({ ...GOOD, ...fields });
    expect([error.status, error.code, error.param]).toEqual([400, 'invalid_request', param]);
    expect(error.message).toContain(param.replace(/\[.*$/, ''));
    expect(error.message).toMatch(/\.$/);
  });

  it('says what to do instead', () => {
    expect(refusal({ ...GOOD, max_tokens: 5 }).message).toBe(
      'max_tokens is the parameter of chats: send max_output_tokens.',
    );
    expect(refusal({ ...GOOD, tools: [{ type: 'web_search' }] }).message).toContain('offer a function');
  });
});
