import { describe, expect, it } from '@jest/globals';
import { parseResponseRequest, type ResponseTool } from '@local-llm-agent/contracts';
import { omittedTools, toChatTools, toFunctionNames } from './response-tools.translate.js';

const CLOSE = { type: 'function', name: 'close', description: 'Closes', parameters: { type: 'object' }, strict: false };
const AGENTS = { type: 'namespace', name: 'agents', description: 'Sub-agents', tools: [CLOSE] };
const SEARCH = { type: 'web_search', external_web_access: true };

/** Tools that passed the check of a request. */
function checked(...tools: object[]): ResponseTool[] {
  const body = { model: 'm', input: 'hi', tools };
  return parseResponseRequest(Buffer.from(JSON.stringify(body))).tools ?? [];
}

const refusal = (...tools: object[]): string => {
  try {
    checked(...tools);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('the tools of a response', () => {
  it('are functions of a chat, a namespace being a part of the name', () => {
    const { type, ...named } = CLOSE;
    expect(toChatTools(checked(CLOSE, AGENTS))).toEqual([
      { type, function: named },
      { type, function: { ...named, name: 'agents__close' } },
    ]);
  });

  it('are called back by the names that the client gave', () => {
    const nameOf = toFunctionNames(checked(CLOSE, AGENTS));
    expect(nameOf('close')).toEqual({ name: 'close' });
    expect(nameOf('agents__close')).toEqual({ name: 'close', namespace: 'agents' });
    expect(nameOf('agents__open')).toEqual({ name: 'agents__open' });
  });

  it('are left out where OpenAI would run them, beside functions only', () => {
    const tools = checked(CLOSE, SEARCH, { type: 'image_generation', output_format: 'png' });
    expect(toChatTools(tools)).toHaveLength(1);
    expect(omittedTools(tools)).toEqual(['web_search', 'image_generation']);
    expect(refusal(SEARCH)).toMatch(/^tools\[0\]\.type must be 'function' or 'namespace'; there are no built-in tools/);
  });

  it.each<[string, object[], string]>([
    ['what the client would run in a form of its own', [CLOSE, { type: 'custom', name: 'x' }], 'tools[1].type must be'],
    ['tools that only OpenAI has the data for', [CLOSE, { type: 'file_search' }], 'tools[1].type must be'],
    ['a namespace without a name', [{ type: 'namespace', tools: [] }], 'tools[0].name must be'],
    ['a namespace without functions', [{ type: 'namespace', name: 'a' }], 'tools[0].tools must be'],
    [
      'other tools in a namespace',
      [{ ...AGENTS, tools: [{ type: 'custom', name: 'x' }] }],
      "tools[0].tools[0].type must be 'function'",
    ],
    [
      'names that are too long together',
      [{ ...AGENTS, name: 'n'.repeat(60) }],
      'tools[0].tools[0].name must have at most 2 characters in this namespace',
    ],
    [
      'names that are the same in a chat',
      [AGENTS, { ...CLOSE, name: 'agents__close' }],
      'tools[1].name is the name of another tool already',
    ],
    ['a function in the form of chats', [{ ...CLOSE, function: {} }], 'tools[0].function is the form of chats'],
  ])('refuse %s', (_, tools, message) => {
    expect(refusal(...tools)).toContain(message);
  });
});
