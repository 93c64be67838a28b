import type {
  AnswerMessage,
  ChatCompletion,
  ChatCompletionChunk,
  ChatDelta,
  TokenLogprob,
} from '@local-llm-agent/contracts';
import { endStream, openStream, type EngineScript } from './fake-engine.js';

const HEAD = { id: 'chatcmpl-1', created: 1, model: 'gemma3' } as const;
const USAGE = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 } as const;

type Reason = ChatCompletion['choices'][number]['finish_reason'];

/** A chunk of a chat that adds this to its first choice. */
export function deltaChunk(delta: ChatDelta, logprobs: readonly TokenLogprob[] = []): ChatCompletionChunk {
  const likelihoods = logprobs.length === 0 ? null : { content: [...logprobs], refusal: null };
  return {
    ...HEAD,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: likelihoods, finish_reason: null }],
  };
}

/** The last two chunks of a chat: why it ended, and its usage. */
export function endChunks(reason: Reason = 'stop'): ChatCompletionChunk[] {
  return [
    { ...HEAD, object: 'chat.completion.chunk', choices: [{ index: 0, delta: {}, finish_reason: reason }] },
    { ...HEAD, object: 'chat.completion.chunk', choices: [], usage: USAGE },
  ];
}

/** The chunks of a tool call as the engine sends them: which function, then its arguments. */
export function callChunks(index: number, id: string, name: string, args: string): ChatCompletionChunk[] {
  return [
    deltaChunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
    deltaChunk({ tool_calls: [{ index, function: { arguments: args } }] }),
  ];
}

/** A plain chat with this message. */
export function wholeChat(message: Partial<AnswerMessage>, reason: Reason = 'stop'): ChatCompletion {
  return {
    ...HEAD,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: null, refusal: null, ...message },
        logprobs: null,
        finish_reason: reason,
      },
    ],
    usage: USAGE,
  };
}

/** A plain answer that is this chat. */
export function chatAnswer(chat: ChatCompletion): EngineScript {
  return ({ res }) => {
    res.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'x-prompt-tokens': '7',
      'x-completion-tokens': '3',
    });
    res.end(JSON.stringify(chat));
  };
}

/** A whole stream of these chunks. */
export function chunksAnswer(chunks: readonly ChatCompletionChunk[]): EngineScript {
  return ({ res }) => {
    openStream(res);
    for (const chunk of chunks) res.write(`data: ${JSON.stringify(chunk)}\n\n`);
    endStream(res);
  };
}
