import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  parseAnthropicMessagesRequest,
  parseResponseRequest,
  toChatCompletionRequest,
  type ChatCompletionRequest,
} from '@local-llm-agent/contracts';
import { toChatRequest } from '../../../apps/gateway/src/anthropic/anthropic-request.translate.js';
import { toChatPlan } from '../../../apps/gateway/src/responses/response-chat.translate.js';
import { ResponseIds } from '../../../apps/gateway/src/responses/response-ids.state.js';
import { checkCalls, toResponseItems } from '../../../apps/gateway/src/responses/response-items.translate.js';

const FOLDER = import.meta.dirname;

interface Recording {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

function recorded(name: string): Recording {
  return JSON.parse(readFileSync(path.join(FOLDER, `${name}.json`), 'utf8')) as Recording;
}

function ofResponses(bytes: Buffer): ChatCompletionRequest {
  const request = parseResponseRequest(bytes);
  const items = toResponseItems(request.input, new ResponseIds('0'.repeat(32)), (id) => {
    throw new Error(`${id} is not stored.`);
  });
  checkCalls(items);
  return toChatPlan(request, items).chat;
}

/** The chat that the gateway makes of a recording; it passes the check of the engine. */
function chatOf(name: string): ChatCompletionRequest {
  const { path: route, body } = recorded(name);
  const bytes = Buffer.from(JSON.stringify(body));
  const chat = route.startsWith('/v1/messages')
    ? toChatRequest(parseAnthropicMessagesRequest(bytes))
    : ofResponses(bytes);
  return toChatCompletionRequest(JSON.parse(JSON.stringify(chat)) as Record<string, unknown>);
}

const rolesOf = (name: string): string[] => chatOf(name).messages.map(({ role }) => role);

describe('what coding agents sent', () => {
  const names = readdirSync(FOLDER).flatMap((file) => (file.endsWith('.json') ? [path.basename(file, '.json')] : []));

  it('is recorded here', () => {
    expect(names).toEqual(expect.arrayContaining(['claude-code-image', 'codex-tools', 'opencode-anthropic']));
  });

  it.each(names)('is a chat with its tools and their results: %s', (name) => {
    const { messages, tools } = chatOf(name);
    expect(tools).not.toHaveLength(0);
    const calls = messages.flatMap(({ tool_calls }) => (tool_calls ?? []).map(({ id }) => id));
    const results = messages.flatMap((message) => (message.role === 'tool' ? [message.tool_call_id] : []));
    expect(calls).not.toHaveLength(0);
    expect(results.toSorted()).toEqual(calls.toSorted());
  });

  it('begins alike in all conversations of Claude Code, whose list of agents comes after the question', () => {
    expect(chatOf('claude-code-parallel-tools').messages[0]?.content).toMatch(/^You are a Claude agent/);
    expect(rolesOf('claude-code-parallel-tools')).toEqual([
      ...['system', 'user', 'system', 'assistant'],
      ...['tool', 'tool'],
    ]);
  });

  it('shows an image that a tool of Claude Code read', () => {
    expect(JSON.stringify(chatOf('claude-code-image').messages.at(-1)?.content)).toContain('data:image/png;base64,');
  });

  it('has the functions that Codex keeps in a namespace, and no search of the web', () => {
    expect(chatOf('codex-tools').tools?.map((tool) => tool.function.name)).toEqual([
      'exec_command',
      'multi_agent_v1__close_agent',
    ]);
    expect(chatOf('codex-tools')).not.toHaveProperty('client_metadata');
  });
});
