import type { ApiError } from '@local-llm-agent/contracts';

/** Id of a request in JSON-RPC. */
export type RpcId = string | number;

type Message = Record<string, unknown>;

function isObject(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function messagesOf(body: unknown): Message[] {
  return (Array.isArray(body) ? body : [body]).filter(isObject);
}

/** Whether the body begins a session. */
export function isInitialize(body: unknown): boolean {
  return messagesOf(body).some(({ method }) => method === 'initialize');
}

/** Whether the body calls a tool, which may take long. */
export function callsTool(body: unknown): boolean {
  return messagesOf(body).some(({ method, id }) => method === 'tools/call' && id !== undefined);
}

/** The requests that the body cancels. */
export function cancelledIds(body: unknown): RpcId[] {
  return messagesOf(body).flatMap(({ method, params }) => {
    if (method !== 'notifications/cancelled' || !isObject(params)) return [];
    const id = params['requestId'];
    return typeof id === 'string' || typeof id === 'number' ? [id] : [];
  });
}

/** Codes of JSON-RPC, and the ones that MCP servers use besides. */
const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const SERVER_ERROR = -32000;

function codeOf(error: ApiError): number {
  if (error.status >= 500) return SERVER_ERROR;
  return error.status === 400 ? PARSE_ERROR : INVALID_REQUEST;
}

/** An error that kept a body from being read, as a JSON-RPC answer; our own error stands in `data`. */
export function toRpcError(error: ApiError): string {
  const { message } = error;
  return JSON.stringify({
    jsonrpc: '2.0',
    id: null,
    error: { code: codeOf(error), message, data: error.toBody().error },
  });
}
