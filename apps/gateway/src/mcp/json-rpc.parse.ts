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
