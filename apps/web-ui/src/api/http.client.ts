import type { ErrorObject } from '@local-llm-agent/contracts';
import { useKey } from '../session/key.store';

/** Longest wait for an answer that is not a stream of tokens. */
const LONGEST_WAIT_MS = 60_000;
/** Statuses that may be another one in a moment. */
const PASSING = new Set([0, 408, 429, 502, 503, 504]);

/** A request that got no answer, or an error for one. `status` is 0 when the gateway could not be reached. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';

  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    readonly details: {
      readonly param?: string;
      readonly requestId?: string;
      readonly retryAfterSeconds?: number;
    } = {},
  ) {
    super(message);
  }

  /** Whether the same request may succeed a moment later. */
  get mayPass(): boolean {
    return PASSING.has(this.status);
  }
}

/** What a request is made of, besides its path. */
export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

function headersOf({ body, headers }: RequestOptions): Record<string, string> {
  const { key } = useKey.getState();
  return {
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(key !== '' && { authorization: `Bearer ${key}` }),
    ...headers,
  };
}

/** Reads the error of an answer, whatever stands in it. */
async function failureOf(response: Response): Promise<ApiFailure> {
  const text = await response.text().catch(() => '');
  let error: Partial<ErrorObject['error']> = {};
  try {
    const body = JSON.parse(text) as { error?: Partial<ErrorObject['error']> | string };
    error = typeof body.error === 'string' ? { message: body.error } : (body.error ?? {});
  } catch {
    // Not JSON: a proxy in between, whose words say nothing to a person.
  }
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiFailure(error.message ?? `HTTP ${response.status}`, response.status, error.code ?? 'unknown', {
    ...(typeof error.param === 'string' && { param: error.param }),
    ...(response.headers.has('x-request-id') && { requestId: response.headers.get('x-request-id') ?? '' }),
    ...(Number.isFinite(retryAfter) && { retryAfterSeconds: retryAfter }),
  });
}

/** Asks the gateway; resolves when the answer begins. Throws {@link ApiFailure}, or the reason of the signal. */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const { method = 'GET', body, signal } = options;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: headersOf(options),
      credentials: 'omit',
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiFailure('The gateway cannot be reached.', 0, 'unreachable');
  }
  if (!response.ok) throw await failureOf(response);
  return response;
}

/** Asks for JSON, for a minute at most unless a longer wait is meant. */
export async function requestJson<T>(
  path: string,
  { timeoutMs = LONGEST_WAIT_MS, ...options }: RequestOptions & { readonly timeoutMs?: number } = {},
): Promise<T> {
  const signals = [AbortSignal.timeout(timeoutMs), ...(options.signal ? [options.signal] : [])];
  try {
    const response = await send(path, { ...options, signal: AbortSignal.any(signals) });
    return (await response.json()) as T;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError')
      throw new ApiFailure('The gateway took too long to answer.', 0, 'timeout');
    throw error;
  }
}
