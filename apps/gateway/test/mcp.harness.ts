import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import type { ChatCompletionRequest, TokenLogprob } from '@local-llm-agent/contracts';
import type { EngineScript } from '@local-llm-agent/testing';
import type { RunningGateway } from './gateway.harness.js';

/** What a scripted model says to one question. */
export interface Reply {
  readonly text: string;
  readonly finish?: 'stop' | 'length';
  readonly tokens?: readonly TokenLogprob[];
  readonly promptTokens?: number;
}

/** A model that answers each question by a function. */
export function model(answer: (question: ChatCompletionRequest, index: number) => Reply): EngineScript {
  let index = 0;
  return ({ body, res }) => {
    const question = JSON.parse(body.toString('utf8')) as ChatCompletionRequest;
    const { text, finish = 'stop', tokens, promptTokens = 7 } = answer(question, index);
    index += 1;
    res.writeHead(200, { 'content-type': 'application/json', 'x-served-model': 'gemma3' });
    res.end(
      JSON.stringify({
        id: 'chatcmpl-1',
        object: 'chat.completion',
        created: 1,
        model: 'gemma3',
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: text },
            finish_reason: finish,
            logprobs: tokens ? { content: tokens, refusal: null } : null,
          },
        ],
        usage: { prompt_tokens: promptTokens, completion_tokens: 3, total_tokens: promptTokens + 3 },
      }),
    );
  };
}

const certain = (token: string): TokenLogprob => ({ token, bytes: null, logprob: -0.01, top_logprobs: [] });

/** What the last message of the question says. */
export function contentOf({ messages }: ChatCompletionRequest): string {
  const content = messages.at(-1)?.content;
  return typeof content === 'string' ? content : '';
}

/** The categories that the question lets the model choose from. */
export function allowedBy(question: ChatCompletionRequest): readonly string[] {
  const format = question.response_format;
  if (format?.type !== 'json_schema') return [];
  const { properties } = format.json_schema.schema as { properties?: { category?: { enum?: string[] } } };
  return properties?.category?.enum ?? [];
}

/**
 * A constrained answer of a model to which the categories are this likely. Only the `told` likeliest come with the
 * answer, as runtimes tell no more than twenty.
 */
export function sorted(
  question: ChatCompletionRequest,
  likelihoods: Readonly<Record<string, number>>,
  told = Number.POSITIVE_INFINITY,
): Reply {
  const allowed = allowedBy(question);
  const best = allowed.reduce((a, b) => ((likelihoods[b] ?? 0) > (likelihoods[a] ?? 0) ? b : a));
  const top = Object.entries(likelihoods)
    .sort(([, a], [, b]) => b - a)
    .slice(0, told)
    .map(([token, probability]) => ({ token, bytes: null, logprob: Math.log(probability) }));
  const chosen = { token: best, bytes: null, logprob: Math.log(likelihoods[best] ?? 1e-9), top_logprobs: top };
  return {
    text: JSON.stringify({ category: best }),
    tokens: [certain('{"'), certain('category'), certain('":'), certain(' "'), chosen, certain('"}')],
  };
}

/** The official client, connected. */
export async function connect(gateway: RunningGateway, path = '/mcp'): Promise<Client> {
  const client = new Client({ name: 'spec', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${gateway.port}${path}`)));
  return client;
}

/** Calls a tool by the official client. */
export function callTool(client: Client, name: string, values: Record<string, unknown>): Promise<CallToolResult> {
  return client.callTool({ name, arguments: values }) as Promise<CallToolResult>;
}

/** What every POST of MCP accepts. */
export const ACCEPT = { accept: 'application/json, text/event-stream' };
