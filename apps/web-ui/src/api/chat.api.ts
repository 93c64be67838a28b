import type { ChatCompletionChunk, ErrorObject, ShownModel } from '@local-llm-agent/contracts';
import { useQuery } from '@tanstack/react-query';
import { useKey } from '../session/key.store';
import { readEvents } from './event-stream.reader';
import { ApiFailure, requestJson, send } from './http.client';

/** How long it is believed what a model can do, ms. */
const CAPABILITIES_MS = 60_000;

/** What the gateway says when a streamed answer begins, or begins to wait. */
export interface AnswerHead {
  readonly tier: string | undefined;
  /** The model that was asked for, where another one answers. */
  readonly fallbackFrom: string | undefined;
  readonly requestId: string | undefined;
}

/** Who hears a streamed answer. */
export interface AnswerListener {
  readonly onHead: (head: AnswerHead) => void;
  readonly onComment: (comment: string) => void;
  readonly onChunk: (chunk: ChatCompletionChunk) => void;
}

/** An error event has no status of its own; by its code it would have had this one. */
const STATUS_OF: Readonly<Record<string, number>> = {
  invalid_request: 400,
  context_length_exceeded: 413,
  rate_limited: 429,
  backend_unavailable: 503,
  inference_timeout: 504,
};

function failureOf({ error }: ErrorObject, requestId: string | undefined): ApiFailure {
  return new ApiFailure(error.message, STATUS_OF[error.code] ?? 500, error.code, {
    ...(error.param !== null && { param: error.param }),
    ...(requestId !== undefined && { requestId }),
  });
}

/** A header can only carry ASCII, so the gateway encodes the name of a model. */
function decodedHeader(value: string | undefined): string | undefined {
  return value === undefined ? undefined : decodeURI(value);
}

async function listen(response: Response, head: AnswerHead, listener: AnswerListener): Promise<void> {
  for await (const { data } of readEvents(response, listener.onComment)) {
    if (data === '[DONE]') return;
    const event = JSON.parse(data) as ChatCompletionChunk | ErrorObject;
    if ('error' in event) throw failureOf(event, head.requestId);
    listener.onChunk(event);
  }
  throw new ApiFailure('The stream ended before the answer did.', 0, 'cut');
}

/**
 * Asks for a streamed chat (`POST /v1/chat/completions`) with a comment each second while it waits; resolves when the
 * answer is whole. Throws {@link ApiFailure}, in mid-stream too, or the reason of the signal.
 */
export async function streamChat(
  body: unknown,
  { tier, signal }: { readonly tier: string | undefined; readonly signal: AbortSignal },
  listener: AnswerListener,
): Promise<void> {
  const headers = { 'x-wait-events': '1', ...(tier !== undefined && { 'x-tier': tier }) };
  const response = await send('/v1/chat/completions', { method: 'POST', body, headers, signal });
  const header = (name: string): string | undefined => response.headers.get(name) ?? undefined;
  const head = {
    tier: header('x-tier'),
    fallbackFrom: decodedHeader(header('x-fallback-from')),
    requestId: header('x-request-id'),
  };
  listener.onHead(head);
  try {
    await listen(response, head, listener);
  } catch (error) {
    if (signal.aborted || error instanceof ApiFailure) throw error;
    throw new ApiFailure('The connection broke in the middle of the answer.', 0, 'cut');
  }
}

/**
 * What a model can do, as `POST /api/show` tells it (`vision` for one that sees); undefined where that is not known, or
 * no model is named.
 */
export function useCapabilities(model: string | undefined): readonly string[] | undefined {
  const key = useKey((state) => state.key);
  return useQuery({
    queryKey: ['capabilities', model, key],
    queryFn: ({ signal }) =>
      requestJson<Pick<ShownModel, 'capabilities'>>('/api/show', { method: 'POST', body: { model }, signal }),
    enabled: model !== undefined,
    staleTime: CAPABILITIES_MS,
    retry: false,
  }).data?.capabilities;
}
