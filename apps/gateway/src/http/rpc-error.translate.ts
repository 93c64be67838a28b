import type { ApiError } from '@local-llm-agent/contracts';

/** Codes of JSON-RPC, and the ones that MCP servers use besides. */
const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const SERVER_ERROR = -32000;

function codeOf(error: ApiError): number {
  if (error.status >= 500) return SERVER_ERROR;
  return error.status === 400 ? PARSE_ERROR : INVALID_REQUEST;
}

/** An error that kept a message from being answered, as a JSON-RPC answer; our own error stands in `data`. */
export function rpcError(error: ApiError): object {
  const { message } = error;
  return {
    jsonrpc: '2.0',
    id: null,
    error: { code: codeOf(error), message, data: error.toBody().error },
  };
}
