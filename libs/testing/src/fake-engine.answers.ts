import type { EngineExchange, EngineScript } from './fake-engine.js';
import { openStream } from './fake-engine.js';

/** One scripted answer, plain or streamed as the request asks. */
export interface ScriptedAnswer {
  /** Pieces of the text. */
  readonly text?: readonly string[];
  /** Pieces of what the model thought. */
  readonly reasoning?: readonly string[];
  readonly calls?: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  readonly reason?: 'stop' | 'length' | 'tool_calls';
  /** The stop text that was met. */
  readonly stopText?: string;
  readonly promptTokens?: number;
  readonly completionTokens?: number;
}

interface Asked {
  readonly model: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean; readonly include_prompt_usage?: boolean };
}

/** The request of a chat that reached the fake engine. */
export function askedOf({ body }: EngineExchange): Asked & Record<string, unknown> {
  return JSON.parse(body.toString('utf8')) as Asked & Record<string, unknown>;
}

function usageOf({ promptTokens = 7, completionTokens = 3 }: ScriptedAnswer): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: 0 },
  };
}

function endOf({ reason, calls, stopText }: ScriptedAnswer): object {
  const finish = reason ?? (calls ? 'tool_calls' : 'stop');
  return { finish_reason: finish, ...(stopText === undefined ? {} : { stop_reason: stopText }) };
}

function wholeBody(answer: ScriptedAnswer, model: string): object {
  const { text = [], reasoning = [], calls = [] } = answer;
  const message = {
    role: 'assistant',
    content: text.length === 0 && calls.length > 0 ? null : text.join(''),
    refusal: null,
    ...(reasoning.length === 0 ? {} : { reasoning_content: reasoning.join('') }),
    ...(calls.length === 0
      ? {}
      : { tool_calls: calls.map(({ id, ...called }) => ({ id, type: 'function', function: called })) }),
  };
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model,
    choices: [{ index: 0, message, logprobs: null, ...endOf(answer) }],
    usage: usageOf(answer),
  };
}

/** The chunks of the answer, as the engine writes them. */
export function scriptedChunks(answer: ScriptedAnswer, asked: Asked): object[] {
  const { text = [], reasoning = [], calls = [] } = answer;
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: asked.model };
  const chunk = (delta: object, end: object = { finish_reason: null }): object => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: null, ...end }],
    usage: null,
  });
  const first = chunk({ role: 'assistant', content: '', refusal: null });
  const told = asked.stream_options?.include_prompt_usage === true ? usageOf({ ...answer, completionTokens: 0 }) : null;
  return [
    { ...first, usage: told },
    ...reasoning.map((piece) => chunk({ reasoning_content: piece })),
    ...text.map((piece) => chunk({ content: piece })),
    ...calls.flatMap(({ id, name, arguments: given }, index) => [
      chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
      chunk({ tool_calls: [{ index, function: { arguments: given } }] }),
    ]),
    chunk({}, endOf(answer)),
    ...(asked.stream_options?.include_usage === true ? [{ ...head, choices: [], usage: usageOf(answer) }] : []),
  ];
}

/** Gives the answers one after the other, and the last one again and again. */
export function scriptedAnswers(...answers: readonly [ScriptedAnswer, ...ScriptedAnswer[]]): EngineScript {
  let next = 0;
  return (exchange) => {
    const answer = answers[Math.min(next, answers.length - 1)] ?? answers[0];
    next += 1;
    const asked = askedOf(exchange);
    const { res } = exchange;
    if (asked.stream === true) {
      openStream(res);
      for (const chunk of scriptedChunks(answer, asked)) res.write(`data: ${JSON.stringify(chunk)}\n\n`);
      res.end('data: [DONE]\n\n');
      return;
    }
    res.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
    res.end(JSON.stringify(wholeBody(answer, asked.model)));
  };
}
